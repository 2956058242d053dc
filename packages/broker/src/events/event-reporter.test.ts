import { until } from '@newswire/testkit';
import { describe, expect, test, vi } from 'vitest';
import { EventReporter } from './event-reporter.js';
import { EventTable } from './event-table.js';
import type { EventBatch, EventBatchAnswer, EventWriter } from './events.js';

/** A store in memory that may be away, and that may be replaced by an empty one. */
class Store implements EventWriter {
  table = new EventTable({ webhookGraceMs: 0 });
  readonly batches: EventBatch[] = [];
  /** `before`: fails without a write; `after`: writes, but the answer is lost. */
  isAway: 'before' | 'after' | undefined;

  async write(batch: EventBatch): Promise<EventBatchAnswer> {
    this.batches.push(batch);
    if (this.isAway === 'before') throw new Error('away');
    const answer = await this.table.write(batch);
    if (this.isAway === 'after') throw new Error('away');
    return answer;
  }

  /** Like `+a`, `-a`, or the text of an event. */
  async seen(): Promise<string[]> {
    await this.table.sweep();
    const { events } = await this.table.read('q', 1000);
    return events.map(({ text }) => {
      const { type, channel } = JSON.parse(text) as { type?: string; channel?: string };
      if (channel === undefined) return text;
      return `${type === 'channel_occupied' ? '+' : '-'}${channel}`;
    });
  }
}

function rig(maxBuffered = 1000) {
  const store = new Store();
  const dropped: (readonly [number, string])[] = [];
  const onFailure = vi.fn<(error: unknown) => void>();
  const reporter = new EventReporter({
    writer: store,
    leaseMs: 60,
    retryMs: 5,
    maxBuffered,
    onDropped: (count, reason) => dropped.push([count, reason]),
    onFailure,
  });
  const untilSeen = (expected: readonly string[]) =>
    until(expected.join(), async () => (await store.seen()).join() === expected.join(), 3000);
  return { store, reporter, dropped, onFailure, untilSeen };
}

const event = (n: number) => `{"n":${n}}`;

test('changes of a tick are one batch, in their order', async () => {
  const { store, reporter, untilSeen } = rig();
  reporter.occupy('a', 'q');
  reporter.append('q', event(1));
  reporter.vacate('a');
  await untilSeen(['+a', event(1), '-a']);
  expect(store.batches).toHaveLength(1);
});

test('nothing is written while nothing changes and no channel is occupied', async () => {
  const { store, reporter, untilSeen } = rig();
  reporter.append('q', event(1));
  await untilSeen([event(1)]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(store.batches).toHaveLength(1);
});

test('the lease is renewed while a channel is occupied', async () => {
  const { store, reporter } = rig();
  reporter.occupy('a', 'q');
  await until('renewals', () => store.batches.length > 3);
  expect(store.batches.slice(1).every(({ operations }) => operations.length === 0)).toBe(true);
});

describe.each(['before', 'after'] as const)('while the store fails %s a write', (when) => {
  test('changes wait, and none is written twice', async () => {
    const { store, reporter, onFailure, untilSeen } = rig();
    store.isAway = when;
    reporter.occupy('a', 'q');
    reporter.append('q', event(1));
    await until('failures', () => onFailure.mock.calls.length > 2);
    reporter.append('q', event(2));
    reporter.vacate('a');
    store.isAway = undefined;
    await untilSeen(['+a', event(1), event(2), '-a']);
    expect(store.batches[1]).toMatchObject({ number: 1 });
  });
});

test('beyond the limit, events of clients are dropped; channels get their latest state', async () => {
  const { store, reporter, dropped, onFailure, untilSeen } = rig(4);
  reporter.occupy('a', 'q');
  reporter.occupy('b', 'q');
  await untilSeen(['+a', '+b']);
  store.isAway = 'before';
  for (let n = 1; n <= 6; n++) reporter.append('q', event(n));
  reporter.vacate('a');
  reporter.occupy('c', 'q');
  reporter.occupy('d', 'q');
  reporter.vacate('d');
  await until('a failure', () => onFailure.mock.calls.length > 0);
  store.isAway = undefined;
  await untilSeen(['+a', '+b', event(1), event(2), event(3), event(4), '+c', '-a']);
  expect(dropped).toEqual([
    [1, 'buffer'],
    [1, 'buffer'],
  ]);
});

test('a store that has lost everything gets the channels again, without new events', async () => {
  const { store, reporter, untilSeen } = rig();
  reporter.occupy('a', 'q');
  reporter.occupy('b', 'q');
  await untilSeen(['+a', '+b']);
  store.table = new EventTable({ webhookGraceMs: 0 });
  reporter.vacate('a');
  reporter.occupy('c', 'q');
  await untilSeen(['+c', '-a']);
  expect(new Set(store.batches.map(({ edge }) => edge)).size).toBe(2);
});

test('an edge whose lease was ended reports its channels as occupied again', async () => {
  const { store, reporter, untilSeen } = rig();
  reporter.occupy('a', 'q');
  await untilSeen(['+a']);
  store.table.endEdge(store.batches[0]?.edge ?? '');
  await untilSeen(['+a', '-a', '+a']);
  expect(new Set(store.batches.map(({ edge }) => edge)).size).toBe(2);
});

test('a full queue is reported', async () => {
  const { store, reporter, dropped } = rig();
  store.table = new EventTable({ webhookQueueSize: 1 });
  for (let n = 1; n <= 3; n++) reporter.append('q', event(n));
  await until('the report', () => dropped.length > 0);
  expect(dropped).toEqual([[2, 'queue']]);
});

test('closing leaves all channels, and waits only a short time for a store that is away', async () => {
  const { reporter, untilSeen } = rig();
  reporter.occupy('a', 'q');
  await untilSeen(['+a']);
  await reporter.close();
  await untilSeen(['+a', '-a']);
  const other = rig();
  other.store.isAway = 'before';
  other.reporter.append('q', event(1));
  await other.reporter.close();
  expect(other.dropped).toEqual([[1, 'buffer']]);
});
