import { until } from '@newswire/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { BrokerRig } from './broker-rig.js';
import { Listener } from './listener.js';

const AGE = expect.any(Number);

/** The part of the broker contract about the log. */
export function describeHistoryContract(current: () => BrokerRig): void {
  let rig: BrokerRig;
  beforeEach(() => {
    rig = current();
  });

  const page = async (since: number, limit: number) => {
    const { publications } = await rig.subscriber.history('a', since, limit);
    return publications.map(({ offset }) => offset);
  };

  test('pages through the log from any offset', async () => {
    let epoch = '';
    for (const data of ['"a"', '"b"', '"c"']) {
      ({ epoch } = await rig.publisher.publish('a', data));
    }
    const generation = { epoch, firstOffset: 1, follows: undefined };
    expect(await rig.subscriber.history('a', 0, 10)).toEqual({
      publications: [
        { offset: 1, data: '"a"' },
        { offset: 2, data: '"b"' },
        { offset: 3, data: '"c"' },
      ],
      agesMs: [AGE, AGE, AGE],
      topOffset: 3,
      generation,
    });
    expect(await rig.subscriber.history('a', 1, 1)).toEqual({
      publications: [{ offset: 2, data: '"b"' }],
      agesMs: [AGE],
      topOffset: 3,
      generation,
    });
    for (const [since, limit] of [
      [3, 10],
      [Number.MAX_SAFE_INTEGER, 10],
      [0, 0],
    ] as const) {
      const none = { publications: [], agesMs: [], topOffset: 3, generation };
      expect(await rig.subscriber.history('a', since, limit)).toEqual(none);
    }
  });

  test('a page says how old its publications are', async () => {
    await rig.publisher.publish('a', '1');
    const agesMs = async () => (await rig.subscriber.history('a', 0, 10)).agesMs;
    await until('the first to be older', async () => ((await agesMs())[0] ?? 0) > 20);
    await rig.publisher.publish('a', '2');
    const [first = 0, second = Infinity] = await agesMs();
    expect(first).toBeGreaterThan(20);
    expect(second).toBeGreaterThanOrEqual(0);
    expect(first - second).toBeGreaterThan(20);
  });

  test('members beside the data are in the log, and count in its pages', async () => {
    const extra = '"tags":{"é":"a b"},"info":{"user":"u"}';
    const long = `"tags":{"t":"${'x'.repeat(700_000)}"}`;
    await rig.publisher.publish('a', '"1"', { extra });
    await rig.publisher.publish('a', '"2"', { isTransient: true });
    await rig.publisher.publish('a', '"3"', { extra, isTransient: true });
    await rig.publisher.publish('a', '"4"', { extra: long });
    await rig.publisher.publish('a', '"5"', { extra: long });
    expect((await rig.subscriber.history('a', 0, 3)).publications).toEqual([
      { offset: 1, data: '"1"', extra },
      { offset: 2, data: '"2"', isTransient: true },
      { offset: 3, data: '"3"', extra, isTransient: true },
    ]);
    expect(await page(0, 10)).toEqual([1, 2, 3, 4]);
    expect(await page(4, 10)).toEqual([5]);
  });

  test('the log keeps the newest publications, up to its size', async () => {
    const items = Array.from({ length: 140 }, (_, i) => String(i));
    await Promise.all(items.map((item) => rig.publisher.publish('a', item)));
    const { publications, topOffset } = await rig.subscriber.history('a', 0, 1000);
    expect(topOffset).toBe(140);
    expect(publications).toEqual(items.slice(40).map((data, i) => ({ offset: 41 + i, data })));
  });

  test('a page ends at 1 MiB of UTF-8, after one publication at least', async () => {
    const half = JSON.stringify('é'.repeat(262_143)); // 524,288 bytes
    const over = JSON.stringify('x'.repeat(1_200_000));
    for (const data of [half, half, '1', over, '2', '3']) await rig.publisher.publish('a', data);
    expect(await page(0, 100)).toEqual([1, 2]);
    expect(await page(2, 100)).toEqual([3]);
    expect(await page(3, 100)).toEqual([4]);
    expect(await page(4, 100)).toEqual([5, 6]);
  });

  test('removing empties the log and notifies the subscribers; offset and epoch stay', async () => {
    await rig.publisher.removeHistory('b');
    const listener = new Listener();
    await rig.subscriber.subscribe('a', listener);
    const first = await rig.publisher.publish('a', '1');
    const second = rig.publisher.publish('a', '2');
    await rig.publisher.removeHistory('a');
    await second;
    await until('the removal', () => listener.removals.length === 1);
    expect(listener.removals).toEqual([['a', 2]]);
    expect(await rig.subscriber.history('a', 0, 10)).toEqual({
      publications: [],
      agesMs: [],
      topOffset: 2,
      generation: { epoch: first.epoch, firstOffset: 1, follows: undefined },
    });
    expect(await rig.publisher.publish('a', '3')).toEqual({ offset: 3, epoch: first.epoch });
    expect(await page(0, 10)).toEqual([3]);
    await listener.until('3');
    expect(listener.complaints).toEqual([]);
  });

  test('removing the log of a channel without publications changes nothing', async () => {
    const { generation } = await rig.subscriber.history('a', 0, 10);
    await rig.publisher.removeHistory('a');
    await rig.publisher.removeHistory('never');
    expect(await rig.publisher.publish('a', '1')).toEqual({ offset: 1, epoch: generation?.epoch });
  });
}
