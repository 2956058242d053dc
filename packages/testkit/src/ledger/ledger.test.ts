import { describe, expect, test } from 'vitest';
import { Ledger, type SubscriptionLog } from './index.js';

const FRESH = { epoch: 'E', offset: 0, recovered: false };

/** Publications 1 to `count` of epoch E, token by offset, and one subscriber from the start. */
function rig(count: number): { ledger: Ledger; log: SubscriptionLog } {
  const ledger = new Ledger();
  const log = ledger.subscription('client 1', 'c');
  log.subscribed(FRESH);
  for (let i = 1; i <= count; i++) ledger.accepted('c', i, { epoch: 'E', offset: i });
  return { ledger, log };
}

function give(log: SubscriptionLog, ...offsets: number[]): void {
  for (const offset of offsets) log.delivered(offset, offset);
}

const CLEAN = { lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 };

describe('accepts', () => {
  test('everything once and in order', () => {
    const { ledger, log } = rig(5);
    give(log, 1, 2, 3, 4, 5);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, accepted: 5, delivered: 5 });
    expect(log.entries).toHaveLength(2);
  });

  test('only publications after the subscription are expected', () => {
    const { ledger } = rig(0);
    const late = ledger.subscription('late', 'c');
    for (let i = 1; i <= 5; i++) ledger.accepted('c', i, { epoch: 'E', offset: i });
    late.subscribed({ ...FRESH, offset: 3 });
    give(late, 4, 5);
    expect(ledger.verdict().subscriptions[1]).toMatchObject({ lost: 0, gaps: [] });
  });

  test('a recovery goes on where the position was', () => {
    const { ledger, log } = rig(5);
    give(log, 1, 2);
    log.subscribed({ epoch: 'E', offset: 2, recovered: true }, { epoch: 'E', offset: 2 });
    give(log, 3, 4, 5);
    expect(ledger.verdict()).toMatchObject(CLEAN);
  });

  test('a new generation goes on at any offset', () => {
    const { ledger, log } = rig(2);
    give(log, 1, 2);
    ledger.accepted('c', 3, { epoch: 'F', offset: 17 });
    log.subscribed({ epoch: 'F', offset: 16, recovered: true }, { epoch: 'E', offset: 2 });
    log.delivered(17, 3);
    expect(ledger.verdict()).toMatchObject(CLEAN);
  });

  test('generations are in the order that subscribers were led through them', () => {
    const { ledger, log } = rig(2);
    ledger.accepted('c', 4, { epoch: 'G', offset: 1 }); // answered before the generation before it was
    give(log, 1, 2);
    log.subscribed({ epoch: 'F', offset: 0, recovered: true });
    log.delivered(1, 3);
    log.subscribed({ epoch: 'G', offset: 0, recovered: true });
    log.delivered(1, 4);
    ledger.accepted('c', 3, { epoch: 'F', offset: 1 });
    expect(ledger.verdict()).toMatchObject(CLEAN);
  });

  test('a reported gap covers what it stands for', () => {
    const { ledger, log } = rig(5);
    give(log, 1);
    log.subscribed({ ...FRESH, offset: 4 }, { epoch: 'E', offset: 1 }, { cause: 'cut', atMs: 7 });
    give(log, 5);
    const verdict = ledger.verdict();
    expect(verdict).toMatchObject(CLEAN);
    expect(verdict.subscriptions[0]?.gaps).toEqual([{ cause: 'cut', atMs: 7, covered: 3 }]);
  });

  test('a publication that was answered with an error may come, or not', () => {
    const { ledger, log } = rig(2);
    ledger.failed('c', 3);
    const other = ledger.subscription('other', 'c');
    other.subscribed({ ...FRESH, offset: 2 });
    give(log, 1, 2, 3);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, unanswered: 1 });
  });

  test('it may come again at the place of its retry', () => {
    const { ledger, log } = rig(2);
    ledger.failed('c', 3);
    give(log, 1, 2, 3);
    ledger.accepted('c', 3, { epoch: 'F', offset: 1 });
    log.subscribed({ epoch: 'F', offset: 0, recovered: true });
    log.delivered(1, 3);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, unanswered: 0, repeated: 1 });
  });

  test('a client that left expects nothing more; one that lost its connection does', () => {
    const { ledger, log } = rig(3);
    give(log, 1);
    expect([ledger.behind(), ledger.verdict().lost]).toEqual([1, 2]);
    log.left();
    expect([ledger.behind(), ledger.verdict().lost]).toEqual([0, 0]);
  });
});

describe('reports', () => {
  test.each([
    ['lost in the middle', [1, 2, 4, 5], { lost: 1 }],
    ['lost at the end', [1, 2, 3, 4], { lost: 1 }],
    ['lost at the beginning', [2, 3, 4, 5], { lost: 1 }],
    ['all lost', [], { lost: 5 }],
    ['doubled at once', [1, 2, 2, 3, 4, 5], { doubled: 1 }],
    ['doubled later', [1, 2, 3, 4, 5, 2], { doubled: 1 }],
    ['a stretch doubled', [1, 2, 3, 1, 2, 3, 4, 5], { doubled: 3 }],
    ['two swapped', [1, 3, 2, 4, 5], { reordered: 1 }],
    ['one far too late', [2, 3, 4, 5, 1], { reordered: 1 }],
  ])('%s', (_name, offsets, fault) => {
    const { ledger, log } = rig(5);
    give(log, ...offsets);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, ...fault });
    expect(ledger.verdict().subscriptions[0]?.details).toHaveLength(1);
  });

  test('a gap behind a recovery that claims to be whole', () => {
    const { ledger, log } = rig(5);
    give(log, 1, 2);
    log.subscribed({ epoch: 'E', offset: 4, recovered: true }, { epoch: 'E', offset: 2 });
    give(log, 5);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, lost: 2 });
  });

  test('a new generation whose beginning is missing, and an old one whose end is', () => {
    const { ledger, log } = rig(3);
    give(log, 1, 2);
    ledger.accepted('c', 4, { epoch: 'F', offset: 10 });
    ledger.accepted('c', 5, { epoch: 'F', offset: 11 });
    log.subscribed({ epoch: 'F', offset: 9, recovered: true });
    log.delivered(11, 5);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, lost: 2 });
  });

  test('a generation that one subscriber alone was led back to', () => {
    const { ledger, log } = rig(3);
    const others = [1, 2].map((i) => ledger.subscription(`other ${i}`, 'c'));
    ledger.accepted('c', 4, { epoch: 'F', offset: 1 });
    for (const other of others) other.subscribed(FRESH);
    for (const each of [log, ...others]) {
      give(each, 1, 2, 3);
      each.subscribed({ epoch: 'F', offset: 0, recovered: true });
      each.delivered(1, 4);
    }
    log.subscribed({ epoch: 'E', offset: 1, recovered: true });
    give(log, 2, 3);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, doubled: 2 });
  });

  test('a hole in the offsets where nothing was accepted', () => {
    const { ledger, log } = rig(5);
    ledger.accepted('c', 7, { epoch: 'E', offset: 7 });
    give(log, 1, 2, 3, 4, 5, 7);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, skipped: 1 });
  });

  test('a hole before the first delivery', () => {
    const { ledger, log } = rig(0);
    ledger.accepted('c', 2, { epoch: 'E', offset: 2 });
    give(log, 2);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, skipped: 1 });
  });

  test('something from before the subscription', () => {
    const { ledger } = rig(3);
    const late = ledger.subscription('late', 'c');
    late.subscribed({ ...FRESH, offset: 3 });
    give(late, 2);
    expect(ledger.verdict().subscriptions[1]).toMatchObject({ lost: 0, reordered: 1 });
  });

  test('an offset that stands for two publications', () => {
    const { ledger, log } = rig(3);
    give(log, 1, 2);
    log.delivered(3, 33);
    expect(ledger.verdict().conflicts).toBe(1);
  });

  test('a publication with two positions, or without a publisher', () => {
    const { ledger, log } = rig(3);
    give(log, 1, 2, 3);
    log.delivered(4, 3);
    log.delivered(5, 55);
    ledger.accepted('c', 2, { epoch: 'E', offset: 9 });
    expect(ledger.verdict().conflicts).toBe(3);
  });
});

describe('the seed protocol', () => {
  function seedRig(count: number) {
    const { ledger, log } = rig(count);
    log.left();
    const seed = ledger.seedSubscription('seed 1', 'c');
    seed.opened();
    return { ledger, seed };
  }

  test.each([
    ['everything', [1, 2, 3, 4, 5], {}],
    ['from the middle on', [3, 4, 5], {}],
    ['lost', [1, 2, 4, 5], { lost: 1 }],
    ['lost at the end', [1, 2, 3], { lost: 2 }],
    ['doubled', [1, 2, 2, 3, 4, 5], { doubled: 1 }],
    ['reordered', [1, 3, 2, 4, 5], { reordered: 1 }],
  ])('%s', (_name, tokens, fault) => {
    const { ledger, seed } = seedRig(5);
    for (const token of tokens) seed.delivered(token);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, ...fault });
  });

  test('between two connections nothing is expected, and the end only of a connected client', () => {
    const { ledger, seed } = seedRig(9);
    seed.delivered(1);
    seed.delivered(2);
    seed.closed();
    expect(ledger.verdict()).toMatchObject(CLEAN);
    seed.opened();
    for (const token of [6, 7, 8]) seed.delivered(token);
    expect([ledger.behind(), ledger.verdict().lost]).toEqual([1, 1]);
    seed.delivered(9);
    expect([ledger.behind(), ledger.verdict().lost]).toEqual([0, 0]);
  });

  test('a retried publication may arrive early and twice, but must arrive', () => {
    const { ledger, seed } = seedRig(5);
    ledger.failed('c', 4);
    for (const token of [1, 4, 2, 3, 4, 5]) seed.delivered(token);
    expect(ledger.verdict()).toMatchObject(CLEAN);
    const other = ledger.seedSubscription('seed 2', 'c');
    other.opened();
    for (const token of [1, 2, 3, 5]) other.delivered(token);
    expect(ledger.verdict()).toMatchObject({ ...CLEAN, lost: 1 });
  });
});
