import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { freePort, ROOT, subscribed, TestProcess, until } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';

const run = promisify(execFile);
const PYTHON = `${ROOT}.venv/bin/python`;

describe.skipIf(!existsSync(`${ROOT}.venv/ready`))("Python's websocket-client", () => {
  test('the program newswire began with receives from make start what make publish sends', async () => {
    const port = String(await freePort());
    const env = { ...process.env, NEWSWIRE_PORT: port, DOCKER_HOST: 'unix:///nowhere' };
    const newswire = new TestProcess('make', ['start'], env, ROOT);
    const url = `http://localhost:${port}`;
    await until('make start', () => fetch(`${url}/readyz`).then(Boolean, () => false), 60_000);
    const program = `${ROOT}tests/clients/subscriber.py`;
    const python = run(PYTHON, [program, `ws://localhost:${port}/ws`, '2']);
    await subscribed(url, '77708', 1);
    const publish = (...args: string[]) => run('make', ['publish', ...args], { cwd: ROOT, env });
    await publish('MSG=Goal! é 😀');
    await publish('MSG=Final whistle', 'CHANNEL=77708');
    expect((await python).stdout).toBe('Goal! é 😀\nFinal whistle\n');
    await newswire.stop(); // make hands SIGTERM on
    expect(newswire.stdout).toContain('newswire has stopped');
  });
});
