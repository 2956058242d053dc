import { expect, test } from 'vitest';
import { TickBatch } from './tick-batch.js';

function newBatch() {
  const flushed: string[][] = [];
  const deferred: (() => void)[] = [];
  const batch = new TickBatch<string>(
    (items) => flushed.push([...items]),
    (flush) => void deferred.push(flush),
  );
  return { batch, flushed, endTurn: () => deferred.splice(0).forEach((flush) => flush()) };
}

test('hands on each item once, at the end of the turn, in order', () => {
  const { batch, flushed, endTurn } = newBatch();
  for (const item of ['a', 'b', 'a']) batch.add(item);
  expect(flushed).toEqual([]);
  endTurn();
  endTurn();
  expect(flushed).toEqual([['a', 'b']]);
});

test('items that are added while others are handed on belong to the next turn', () => {
  const flushed: string[][] = [];
  const deferred: (() => void)[] = [];
  const batch: TickBatch<string> = new TickBatch(
    (items) => {
      flushed.push([...items]);
      if (flushed.length === 1) batch.add('a');
    },
    (flush) => void deferred.push(flush),
  );
  batch.add('a');
  for (let turn = 0; turn < 3; turn++) deferred.splice(0).forEach((flush) => flush());
  expect(flushed).toEqual([['a'], ['a']]);
});

test('done resolves once all items so far were handed on', async () => {
  const { batch, flushed, endTurn } = newBatch();
  await batch.done;
  batch.add('a');
  const done = batch.done.then(() => flushed.length);
  endTurn();
  expect(await done).toBe(1);
});
