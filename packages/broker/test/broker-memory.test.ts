import { heapInUse } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { describeBrokerContract, Listener, CONTRACT_LIMITS } from '@newswire/broker/contract';
import { MemoryBroker } from '../src/index.js';

describeBrokerContract('memory', async () => {
  const broker = new MemoryBroker({ getLimits: () => CONTRACT_LIMITS, historyBytes: 10_000_000 });
  return { publisher: broker, subscriber: broker, dispose: () => broker.close() };
});

describe('memory broker', () => {
  function brokerAt(clock: { nowMs: number }, historyBytes = 1_000_000) {
    const getLimits = () => CONTRACT_LIMITS;
    return new MemoryBroker({ getLimits, historyBytes, now: () => clock.nowMs });
  }

  test('publications run out by age, the offset stays, and much later the epoch changes', async () => {
    const clock = { nowMs: 0 };
    const broker = brokerAt(clock);
    const first = await broker.publish('a', '1');
    clock.nowMs = 60_001;
    expect(await broker.history('a', 0, 10)).toMatchObject({ publications: [], topOffset: 1 });
    broker.sweep();
    expect(await broker.publish('a', '2')).toEqual({ offset: 2, epoch: first.epoch });
    clock.nowMs += 24 * 3_600_000 + 1;
    broker.sweep();
    const later = await broker.publish('a', '3');
    expect(later.offset).toBe(1);
    expect(later.epoch).not.toBe(first.epoch);
    // Reading keeps it, too.
    clock.nowMs += 24 * 3_600_000;
    await broker.history('a', 0, 0);
    clock.nowMs += 24 * 3_600_000;
    broker.sweep();
    expect((await broker.history('a', 0, 0)).generation?.epoch).toBe(later.epoch);
    // The log of a subscribed channel is not forgotten: the subscriber would be notified of a false
    // gap.
    await broker.subscribe('a', new Listener());
    clock.nowMs += 48 * 3_600_000;
    broker.sweep();
    expect(await broker.publish('a', '4')).toEqual({ offset: 2, epoch: later.epoch });
    await broker.close();
  });

  test('the epoch of empty logs ends before a log that began in it is forgotten', async () => {
    const clock = { nowMs: 0 };
    const broker = brokerAt(clock);
    const first = await broker.publish('a', '1');
    const emptyEpoch = async () => (await broker.history('b', 0, 0)).generation?.epoch;
    clock.nowMs = 12 * 3_600_000 - 1;
    expect(await emptyEpoch()).toBe(first.epoch);
    clock.nowMs = 12 * 3_600_000;
    expect(await emptyEpoch()).not.toBe(first.epoch);
    expect((await broker.history('a', 0, 0)).generation?.epoch).toBe(first.epoch);
    await broker.close();
  });

  test('asking for channels that were never published to costs no memory', async () => {
    const broker = brokerAt({ nowMs: 0 });
    const ask = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        await broker.history(`made up ${i}`, 0, 10);
        await broker.removeHistory(`made up ${i}`);
      }
    };
    await ask(0, 1000);
    const before = await heapInUse();
    await ask(1000, 21_000);
    expect((await heapInUse()) - before).toBeLessThan(1_000_000);
    await broker.close();
  });

  test('the log is bounded in UTF-8 bytes, but the newest publication always stays', async () => {
    const broker = brokerAt({ nowMs: 0 }, 100);
    const item = JSON.stringify('é'.repeat(20)); // 42 bytes
    for (let i = 0; i < 4; i++) await broker.publish('a', item);
    const offsets = async () =>
      (await broker.history('a', 0, 10)).publications.map(({ offset }) => offset);
    expect(await offsets()).toEqual([3, 4]);
    await broker.publish('a', JSON.stringify('x'.repeat(500)));
    expect(await offsets()).toEqual([5]);
    await broker.close();
  });

  test('an idempotency key is forgotten after 5 minutes', async () => {
    const clock = { nowMs: 0 };
    const broker = brokerAt(clock);
    await broker.publish('a', '1', { idempotencyKey: 'k' });
    clock.nowMs = 300_001;
    expect((await broker.publish('a', '1', { idempotencyKey: 'k' })).offset).toBe(2);
    await broker.close();
  });
});
