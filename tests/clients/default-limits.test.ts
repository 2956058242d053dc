import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NewswireProcess, publish, ROOT } from '@newswire/testkit';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasPython, PYTHON } from './python-client.js';

const MAX_BYTES = 1_048_576;
const ITEMS = 40;

interface Outcome {
  readonly lengths: readonly number[];
  readonly answered: number;
  readonly code: number | null;
}

/** A server on which everyone may read the history of channel `a`, of 2.4 MB. */
async function startWithHistory(): Promise<NewswireProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'newswire-limits-'));
  const file = join(directory, 'channels.json');
  writeFileSync(file, JSON.stringify({ default: { read_history: 'everyone' } }));
  const server = await NewswireProcess.start('standalone', { NEWSWIRE_CHANNELS_FILE: file });
  onTestFinished(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });
  for (let i = 0; i < ITEMS; i++) await publish(server.url, 'a', 'ü'.repeat(30_000));
  return server;
}

describe.skipIf(!hasPython)('Python websockets with its default limits (needs make test)', () => {
  test('gets ten pages of history at once in messages that it takes', async () => {
    const server = await startWithHistory();
    const url = `${server.url.replace('http', 'ws')}/connection/websocket`;
    const script = `${ROOT}tests/clients/default_limits.py`;
    const { stdout } = await promisify(execFile)(PYTHON, [script, url, 'a']);
    const { lengths, answered, code } = JSON.parse(stdout) as Outcome;
    expect([answered, code]).toEqual([11, null]);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_BYTES);
    const sum = lengths.reduce((total, length) => total + length, 0);
    expect(sum).toBeGreaterThan(10 * 0.9 * MAX_BYTES);
  });
});
