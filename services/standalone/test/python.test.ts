import { existsSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NewswireProcess, publish, ROOT, subscribed } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const PYTHON = `${ROOT}.venv/bin/python`;

describe.skipIf(!existsSync(`${ROOT}.venv/ready`))("Python's websocket-client", () => {
  let newswire: NewswireProcess;
  beforeAll(async () => {
    newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
  });
  afterAll(() => newswire.stop());

  test('the program newswire began with receives what is published', async () => {
    const program = `${ROOT}tests/clients/subscriber.py`;
    const received = run(PYTHON, [program, newswire.webSocketUrl, '2']);
    await subscribed(newswire.url, '77708', 1);
    await publish(newswire.url, '77707', 'Goal! é 😀');
    await publish(newswire.url, '77708', { minute: 90 });
    expect((await received).stdout).toBe('Goal! é 😀\n{"minute":90}\n');
  });
});
