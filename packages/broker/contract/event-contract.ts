import { until } from '@newswire/testkit';
import type { EventBatch, EventQueue, EventWriter } from '@newswire/broker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

export const EVENT_GRACE_MS = 300;
export const EVENT_QUEUE_SIZE = 6;

/** Two edges and the consumer. In one process, the edges are the same. */
export interface EventRig {
  readonly edges: readonly [EventWriter, EventWriter];
  readonly queue: EventQueue;
  /** Ends the first edge without a close. `leaseMs`: how long its channels stay occupied. */
  readonly kill?: { readonly leaseMs: number; readonly run: () => Promise<void> };
  dispose(): Promise<void>;
}

/** Numbers its batches as an edge does. */
class Edge {
  readonly #writer: EventWriter;
  readonly #name: string;
  readonly #channels = new Set<string>();
  #number = 0;

  constructor(writer: EventWriter, name: string) {
    this.#writer = writer;
    this.#name = name;
  }

  write(...operations: string[]): ReturnType<EventWriter['write']> {
    return this.#writer.write(this.batch(...operations));
  }

  /** Operations like `+a`, `-a`, `=a`, and `e{}`; their queue is `q`. */
  batch(...operations: string[]): EventBatch {
    const isFirst = this.#channels.size === 0;
    for (const text of operations) {
      if (text.startsWith('-')) this.#channels.delete(text.slice(1));
      else if (!text.startsWith('e')) this.#channels.add(text.slice(1));
    }
    return {
      edge: this.#name,
      number: operations.length === 0 ? this.#number : ++this.#number,
      isFirst,
      operations: operations.map((text) => [text[0] as '+', text.slice(1), 'q'] as const),
    };
  }
}

/** Every EventStore passes this suite: it is the executable form of the docstrings. */
export function describeEventContract(title: string, createRig: () => Promise<EventRig>): void {
  describe(`event contract: ${title}`, () => {
    let rig: EventRig;
    let one: Edge;
    let two: Edge;
    beforeEach(async () => {
      rig = await createRig();
      one = new Edge(rig.edges[0], 'one');
      two = new Edge(rig.edges[1], 'two');
    });
    afterEach(() => rig.dispose());

    const read = async (limit = 100) => (await rig.queue.read('q', limit)).events;
    /** The events as `+a` (occupied), `-a` (vacated), or the text of another one. */
    const seen = async () => (await read()).map(({ text }) => shorten(text));
    const sweepUntil = (expected: readonly string[]) =>
      until(`the events ${expected.join()}`, async () => {
        await rig.queue.sweep();
        const found = await seen();
        return found.join() === expected.join();
      });
    const hasTimeFor = async (ms: number) => {
      const endMs = performance.now() + ms;
      await until('some time', async () => {
        await rig.queue.sweep();
        return performance.now() > endMs;
      });
    };

    test('events are read in the order of the writes, until they are removed', async () => {
      expect(await one.write('+a', 'e{"type":1}')).toBe(0);
      expect(await two.write('e{"type":2}')).toBe(0);
      const events = await read();
      expect(events.map(({ text }) => shorten(text))).toEqual(['+a', '{"type":1}', '{"type":2}']);
      expect(new Set(events.map(({ id }) => id)).size).toBe(3);
      expect(await read()).toEqual(events);
      expect(await rig.queue.read('q', 2)).toEqual({ events: events.slice(0, 2), length: 3 });
      expect(await rig.queue.read('other', 2)).toEqual({ events: [], length: 0 });
      const ids = events.slice(0, 2).map(({ id }) => id);
      await rig.queue.remove('q', ids);
      expect(await read()).toEqual(events.slice(2));
      await rig.queue.remove('q', ids);
      expect(await read()).toEqual(events.slice(2));
      const { time, ...rest } = JSON.parse(events[0]?.text ?? '') as { time: number };
      expect(rest).toEqual({ type: 'channel_occupied', channel: 'a' });
      expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
    });

    test('a channel is occupied once, and vacated once the last edge has left and the grace is over', async () => {
      await one.write('+a', '+b');
      await two.write('+a');
      expect(await seen()).toEqual(['+a', '+b']);
      await one.write('-a', '-a');
      await hasTimeFor(EVENT_GRACE_MS + 50);
      expect(await seen()).toEqual(['+a', '+b']);
      const leftMs = performance.now();
      await two.write('-a');
      await sweepUntil(['+a', '+b', '-a']);
      expect(performance.now() - leftMs).toBeGreaterThanOrEqual(EVENT_GRACE_MS - 5);
      await hasTimeFor(EVENT_GRACE_MS + 50);
      await two.write('+a');
      expect(await seen()).toEqual(['+a', '+b', '-a', '+a']);
    });

    test('a channel that is occupied again within the grace is not vacated', async () => {
      await one.write('+a');
      for (let i = 0; i < 4; i++) {
        await one.write('-a');
        await hasTimeFor(EVENT_GRACE_MS / 3);
        await two.write('+a');
        await hasTimeFor(EVENT_GRACE_MS / 3);
        await one.write('+a');
        await two.write('-a');
      }
      await hasTimeFor(EVENT_GRACE_MS + 50);
      expect(await seen()).toEqual(['+a']);
    });

    test('a batch that is written again has no effect', async () => {
      const [writer] = rig.edges;
      const batches = [one.batch('+a', 'e{"type":1}'), one.batch('-a')];
      for (const batch of batches) {
        expect(await writer.write(batch)).toBe(0);
        expect(await writer.write(batch)).toBe(0);
      }
      await sweepUntil(['+a', '{"type":1}', '-a']);
    });

    test('an edge whose channels the store does not have is notified, and reports them again', async () => {
      const [writer] = rig.edges;
      const batch = { ...one.batch('+b'), isFirst: false };
      expect(await writer.write(batch)).toBe('lost');
      expect(await writer.write({ ...batch, operations: [] })).toBe('lost');
      expect(await seen()).toEqual([]);
      expect(await two.write('=a', '+b')).toBe(0);
      expect(await two.write('-a')).toBe(0);
      await sweepUntil(['+b', '-a']);
    });

    test('a full queue drops events of clients; events of channels wait', async () => {
      await one.write('+a', '+b', '+c', 'e{"type":1}');
      expect(await one.write('e{"type":2}', '+d', 'e{"type":3}', 'e{"type":4}', '+x', '+y')).toBe(
        2,
      );
      await one.write('-a', '-x');
      await hasTimeFor(EVENT_GRACE_MS + 50);
      const full = ['+a', '+b', '+c', '{"type":1}', '{"type":2}', '+d'];
      expect(await seen()).toEqual(full);
      const ids = (await read()).map(({ id }) => id);
      await rig.queue.remove('q', ids.slice(0, 4));
      await until('both', async () => {
        await rig.queue.sweep();
        return (await read()).length === 4;
      });
      const [first, second, ...rest] = await seen();
      expect([first, second, ...rest.toSorted()]).toEqual(['{"type":2}', '+d', '+y', '-a']);
    });

    test('queues are full independently of each other', async () => {
      const other = (number: number): EventBatch => ({
        edge: 'three',
        number,
        isFirst: number === 1,
        operations: [['+', `o${number}`, 'other']],
      });
      await one.write('+a', '+b', '+c', '+d', '+e', '+f', '+g');
      expect(await rig.edges[0].write(other(1))).toBe(0);
      expect((await rig.queue.read('other', 9)).events).toHaveLength(1);
      expect((await rig.queue.read('q', 9)).length).toBe(EVENT_QUEUE_SIZE);
    });

    test('the channels of a killed edge are vacated once, after its lease and the grace', async () => {
      if (rig.kill === undefined) return;
      const { leaseMs, run } = rig.kill;
      await one.write('+a', '+b');
      await two.write('+b');
      const killedMs = performance.now();
      await run();
      await sweepUntil(['+a', '+b', '-a']);
      // The lease began with the last write.
      expect(performance.now() - killedMs).toBeGreaterThanOrEqual(leaseMs / 2 + EVENT_GRACE_MS);
      await two.write('-b');
      await sweepUntil(['+a', '+b', '-a', '-b']);
      await hasTimeFor(EVENT_GRACE_MS + 50);
      expect(await seen()).toEqual(['+a', '+b', '-a', '-b']);
    });
  });
}

function shorten(text: string): string {
  const { type, channel } = JSON.parse(text) as { type: unknown; channel?: string };
  if (type === 'channel_occupied') return `+${channel}`;
  return type === 'channel_vacated' ? `-${channel}` : text;
}
