import type { Publication } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Broker, BrokerHandler } from '../src/index.js';

/** What the suite needs of a broker under test. */
export interface BrokerRig {
  /** A broker as a publisher has it. */
  readonly publisher: Broker;
  /** A broker as an edge has it: the same one, or one in another process' place. */
  readonly subscriber: Broker;
  dispose(): Promise<void>;
}

export interface ContractLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/** The limits the suite expects of every rig. */
export const CONTRACT_LIMITS: ContractLimits = { historySize: 100, historyTtlMs: 60_000 };

interface Heard extends Publication {
  readonly channel: string;
  readonly epoch: string;
}

class Listener implements BrokerHandler {
  readonly heard: Heard[] = [];

  handlePublication(channel: string, { offset, data }: Publication, epoch: string): void {
    this.heard.push({ channel, offset, data, epoch });
  }

  handleGap(): void {
    throw new Error('a gap was told although the broker never went away');
  }

  async count(count: number): Promise<Heard[]> {
    await until(`publication ${count}`, () => this.heard.length >= count);
    return this.heard;
  }
}

/** Every broker passes this suite: it is the Broker seam's docstring, executable. */
export function describeBrokerContract(name: string, createRig: () => Promise<BrokerRig>): void {
  describe(`broker contract: ${name}`, () => {
    let rig: BrokerRig;
    let listener: Listener;
    beforeEach(async () => {
      rig = await createRig();
      listener = new Listener();
    });
    afterEach(() => rig.dispose());

    /** Publishing on a second channel that is known to arrive proves that nothing else will. */
    async function settled(): Promise<void> {
      const fence = new Listener();
      await rig.subscriber.subscribe('fence', fence);
      await rig.publisher.publish('fence', '0');
      await fence.count(1);
    }

    test('offsets count from 1 in one epoch, each channel on its own', async () => {
      const a1 = await rig.publisher.publish('a', '"x"');
      const a2 = await rig.publisher.publish('a', '"y"');
      const b1 = await rig.publisher.publish('b', '"z"');
      expect([a1.offset, a2.offset, b1.offset]).toEqual([1, 2, 1]);
      expect(a2.epoch).toBe(a1.epoch);
      expect(b1.epoch).not.toBe(a1.epoch);
    });

    test('a subscriber hears what is published from then on, in order, as it was', async () => {
      await rig.publisher.publish('a', '"before"');
      await rig.subscriber.subscribe('a', listener);
      const data = ['"text"', '{"deep":[1,2,{"é":"😀"}]}', 'null', '""', '"with spaces  in it"'];
      const positions = await Promise.all(data.map((item) => rig.publisher.publish('a', item)));
      expect(await listener.count(data.length)).toEqual(
        data.map((item, i) => ({ channel: 'a', data: item, ...positions[i] })),
      );
      expect(positions.map(({ offset }) => offset)).toEqual([2, 3, 4, 5, 6]);
    });

    test('hundreds at once arrive once each, in order', async () => {
      await rig.subscriber.subscribe('a', listener);
      await Promise.all(
        Array.from({ length: 500 }, (_, i) => rig.publisher.publish('a', String(i))),
      );
      await listener.count(500);
      await settled();
      const offsets = listener.heard.map(({ offset }) => offset);
      expect(offsets).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    });

    test('other channels, and channels left, are not heard', async () => {
      await rig.subscriber.subscribe('a', listener);
      await rig.publisher.publish('b', '1');
      await rig.publisher.publish('a', '2');
      await listener.count(1);
      await rig.subscriber.unsubscribe('a');
      await rig.publisher.publish('a', '3');
      await settled();
      expect(listener.heard.map(({ data }) => data)).toEqual(['2']);
    });

    test('the last of several quick joins and leaves counts', async () => {
      const { subscriber } = rig;
      await Promise.all([
        subscriber.subscribe('a', new Listener()),
        subscriber.unsubscribe('a'),
        subscriber.subscribe('a', new Listener()),
        subscriber.unsubscribe('a'),
        subscriber.subscribe('a', listener),
        subscriber.subscribe('b', listener),
        subscriber.unsubscribe('b'),
      ]);
      await rig.publisher.publish('b', '1');
      await rig.publisher.publish('a', '2');
      await listener.count(1);
      await settled();
      expect(listener.heard.map(({ channel }) => channel)).toEqual(['a']);
    });

    test('an idempotency key makes a retry give the first answer and publish nothing', async () => {
      await rig.subscriber.subscribe('a', listener);
      const options = { idempotencyKey: 'k1' };
      const first = await rig.publisher.publish('a', '1', options);
      const [second, third] = await Promise.all([
        rig.publisher.publish('a', '1', options),
        rig.publisher.publish('a', '2', options),
      ]);
      expect([second, third]).toEqual([first, first]);
      const elsewhere = await rig.publisher.publish('b', '1', options);
      expect(elsewhere.offset).toBe(1);
      const next = await rig.publisher.publish('a', '3');
      expect(next.offset).toBe(2);
      await listener.count(2);
      await settled();
      expect(listener.heard.map(({ data }) => data)).toEqual(['1', '3']);
    });

    test('history pages through the log from any offset', async () => {
      for (const data of ['"a"', '"b"', '"c"']) await rig.publisher.publish('a', data);
      const all = await rig.subscriber.history('a', 0, 10);
      expect(all.publications).toEqual([
        { offset: 1, data: '"a"' },
        { offset: 2, data: '"b"' },
        { offset: 3, data: '"c"' },
      ]);
      expect(all.top.offset).toBe(3);
      const page = await rig.subscriber.history('a', 1, 1);
      expect(page).toEqual({ publications: [{ offset: 2, data: '"b"' }], top: all.top });
      for (const [since, limit] of [
        [3, 10],
        [Number.MAX_SAFE_INTEGER, 10],
        [0, 0],
      ] as const) {
        expect(await rig.subscriber.history('a', since, limit)).toEqual({
          publications: [],
          top: all.top,
        });
      }
      const none = await rig.subscriber.history('never', 0, 10);
      expect([none.publications, none.top.offset]).toEqual([[], 0]);
    });

    test('the log keeps the newest publications, up to its size', async () => {
      const count = CONTRACT_LIMITS.historySize + 40;
      await Promise.all(
        Array.from({ length: count }, (_, i) => rig.publisher.publish('a', String(i))),
      );
      const { publications, top } = await rig.subscriber.history('a', 0, 1000);
      expect(top.offset).toBe(count);
      expect(publications.map(({ offset }) => offset)).toEqual(
        Array.from({ length: CONTRACT_LIMITS.historySize }, (_, i) => 41 + i),
      );
    });

    test('a working broker has no fault', () => {
      expect(rig.publisher.fault()).toBeUndefined();
      expect(rig.subscriber.fault()).toBeUndefined();
    });
  });
}
