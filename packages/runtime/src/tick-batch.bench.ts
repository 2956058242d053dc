import { bench, describe } from 'vitest';
import { TickBatch } from './tick-batch.js';

const ITEMS = Array.from({ length: 256 }, (_, i) => ({ i }));
let seen = 0;

describe('one turn with 256 items', () => {
  let deferred: () => void = () => undefined;
  const batch = new TickBatch<object>(
    (items) => {
      for (const _ of items) seen++;
    },
    (flush) => {
      deferred = flush;
    },
  );
  bench('TickBatch', () => {
    for (const item of ITEMS) batch.add(item);
    deferred();
  });

  let set = new Set<object>();
  let flush: () => void = () => undefined;
  bench('a set written out', () => {
    for (const item of ITEMS) {
      if (set.size === 0) {
        flush = () => {
          const items = set;
          set = new Set();
          for (const _ of items) seen++;
        };
      }
      set.add(item);
    }
    flush();
  });

  let list: object[] = [];
  bench('an array written out', () => {
    for (const item of ITEMS) {
      if (list.length === 0) {
        flush = () => {
          const items = list;
          list = [];
          for (const _ of items) seen++;
        };
      }
      list.push(item);
    }
    flush();
  });
});
