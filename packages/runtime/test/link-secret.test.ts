import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ROOT } from '@newswire/testkit';
import { expect, test } from 'vitest';

const WORKERS = 2;
const FILES = 100;

/** Wants the secret of file after file, each at the same moment as all the others. */
const SCRIPT = `
  const { parentPort, workerData: { folder, shared, workers, files } } = require('node:worker_threads');
  const arrived = new Int32Array(shared);
  import('${ROOT}packages/runtime/dist/index.js').then(({ readLinkSecret }) => {
    const secrets = [];
    for (let i = 0; i < files; i++) {
      Atomics.add(arrived, 0, 1);
      while (Atomics.load(arrived, 0) < workers * (i + 1));
      secrets.push(readLinkSecret({ linkSecretFile: folder + '/' + i }));
    }
    parentPort.postMessage(secrets);
  });
`;

test('processes that start at once agree on one secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'newswire-'));
  const shared = new SharedArrayBuffer(4);
  const workerData = { folder, shared, workers: WORKERS, files: FILES };
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(SCRIPT, { eval: true, workerData }),
  );
  const messages = await Promise.all(workers.map((worker) => once(worker, 'message')));
  const written = Array.from({ length: FILES }, (_, i) =>
    readFileSync(join(folder, String(i)), 'utf8').trim(),
  );
  for (const [secrets] of messages) expect(secrets).toEqual(written);
  expect(readdirSync(folder)).toHaveLength(FILES);
});
