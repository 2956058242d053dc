import { describeBlockListContract } from '@newswire/broker/contract';
import { expect, test } from 'vitest';
import { MAX_BLOCKED_USERS, MemoryBlockList } from '../src/index.js';

describeBlockListContract('memory', async () => {
  const list = new MemoryBlockList();
  return { center: list, edge: list, dispose: async () => undefined };
});

test('a full list refuses others with 106, until one has expired', async () => {
  let nowMs = 0;
  const list = new MemoryBlockList(() => nowMs);
  for (let n = 0; n < MAX_BLOCKED_USERS; n++)
    await list.block(`user ${n}`, n === 7 ? 10 : Infinity);
  await expect(list.block('one more', Infinity)).rejects.toMatchObject({ code: 106 });
  await list.block('user 1', 5000);
  nowMs = 10;
  await list.block('one more', Infinity);
  expect((await list.list()).size).toBe(MAX_BLOCKED_USERS);
});
