import { expect, test } from 'vitest';
import { retryUntilDone } from './index.js';

const backoff = { minMs: 1, maxMs: 2 };

test('tries until it succeeds', async () => {
  let tries = 0;
  const act = async () => {
    if (++tries < 4) throw new Error('not yet');
  };
  expect(await retryUntilDone(act, () => true, { backoff })).toBe(true);
  expect(tries).toBe(4);
});

test('gives up once it is not wanted any more', async () => {
  let tries = 0;
  const failures: string[] = [];
  const act = () => Promise.reject(new Error(`try ${++tries}`));
  expect(
    await retryUntilDone(act, () => tries < 3, {
      backoff,
      onFailure: (error) => failures.push(String(error)),
    }),
  ).toBe(false);
  expect(failures).toEqual(['Error: try 1', 'Error: try 2', 'Error: try 3']);
});
