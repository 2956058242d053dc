import { beforeEach, expect, test } from 'vitest';
import { readHistory, type Broker, type HistoryQuery } from '@newswire/broker';
import type { BrokerRig } from './broker-rig.js';

/** The contract of `readHistory`, on any broker. */
export function describeReadHistoryContract(current: () => BrokerRig): void {
  let broker: Broker;
  let publisher: Broker;
  beforeEach(() => {
    ({ subscriber: broker, publisher } = current());
  });

  async function publish(count: number, isTransient = (_n: number) => false): Promise<string> {
    let epoch = '';
    for (let n = 1; n <= count; n++) {
      const options = isTransient(n) ? ({ isTransient: true } as const) : {};
      ({ epoch } = await publisher.publish('a', `"${n}"`, options));
    }
    return epoch;
  }

  async function offsets(query: HistoryQuery): Promise<number[]> {
    const { publications } = await readHistory(broker, 'a', query);
    return publications.map(({ offset }) => offset);
  }

  test('with limit 0 there is the position only, also where nothing was published', async () => {
    const none = await readHistory(broker, 'a', { limit: 0 });
    expect(none).toEqual({
      publications: [],
      position: { offset: 0, epoch: expect.stringMatching(/^[\w-]{8,}$/) },
    });
    const epoch = await publish(3);
    const some = { publications: [], position: { offset: 3, epoch } };
    expect(await readHistory(broker, 'a', { limit: 0 })).toEqual(some);
    expect(await readHistory(broker, 'a', { limit: 0, reverse: true })).toEqual(some);
    expect(none.position.epoch).toBe(epoch);
  });

  test('from the oldest or behind a position, up to the limit', async () => {
    const epoch = await publish(5);
    const since = (offset: number) => ({ offset, epoch });
    expect(await offsets({ limit: 2 })).toEqual([1, 2]);
    expect(await offsets({ limit: -1 })).toEqual([1, 2, 3, 4, 5]);
    expect(await offsets({ limit: 2, since: since(2) })).toEqual([3, 4]);
    expect(await offsets({ limit: 100, since: since(2) })).toEqual([3, 4, 5]);
    expect(await offsets({ limit: 100, since: { offset: 4, epoch: '' } })).toEqual([5]);
    expect(await offsets({ limit: 100, since: since(5) })).toEqual([]);
    expect(await offsets({ limit: 100, since: since(99) })).toEqual([]);
  });

  test('in reverse from the newest, or from before a position', async () => {
    const epoch = await publish(100);
    const since = (offset: number) => ({ offset, epoch });
    const reverse = true;
    const down = (from: number, to: number) =>
      Array.from({ length: from - to + 1 }, (_, i) => from - i);
    expect(await offsets({ limit: 3, reverse })).toEqual([100, 99, 98]);
    expect(await offsets({ limit: -1, reverse })).toEqual(down(100, 1));
    expect(await offsets({ limit: 70, reverse, since: since(90) })).toEqual(down(89, 20));
    expect(await offsets({ limit: 10, reverse, since: since(4) })).toEqual([3, 2, 1]);
    expect(await offsets({ limit: 10, reverse, since: since(1) })).toEqual([]);
    expect(await offsets({ limit: 10, reverse, since: since(0) })).toEqual([]);
    expect(await offsets({ limit: 2, reverse, since: since(999) })).toEqual([100, 99]);
  });

  test('publications that have left the log are missing in both directions', async () => {
    await publish(120); // the log keeps 100
    expect((await offsets({ limit: 2 }))[0]).toBe(21);
    const reversed = await offsets({ limit: -1, reverse: true });
    expect([reversed.length, reversed.at(-1)]).toEqual([100, 21]);
    const { position } = await readHistory(broker, 'a', { limit: 1 });
    await publisher.removeHistory('a');
    for (const reverse of [false, true]) {
      const emptied = { publications: [], position };
      expect(await readHistory(broker, 'a', { limit: -1, reverse })).toEqual(emptied);
    }
  });

  test('transient publications are left out and do not count', async () => {
    const epoch = await publish(90, (n) => n > 5 && n <= 85);
    expect(await offsets({ limit: 7 })).toEqual([1, 2, 3, 4, 5, 86, 87]);
    expect(await offsets({ limit: 1, since: { offset: 5, epoch } })).toEqual([86]);
    expect(await offsets({ limit: 7, reverse: true })).toEqual([90, 89, 88, 87, 86, 5, 4]);
    await publisher.publish('b', '1', { isTransient: true });
    const { publications, position } = await readHistory(broker, 'b', { limit: -1 });
    expect([publications, position.offset]).toEqual([[], 1]);
  });

  test('a page has the members beside the data; it ends at 1 MiB, after at least one publication', async () => {
    const extra = `"tags":{"t":"${'x'.repeat(499_000)}"}`;
    for (const data of ['"1"', '"2"', '"3"', '"4"']) await publisher.publish('a', data, { extra });
    await publisher.publish('a', JSON.stringify('x'.repeat(1_200_000)));
    const { publications, position } = await readHistory(broker, 'a', { limit: 100 });
    expect(publications).toEqual([
      { offset: 1, data: '"1"', extra },
      { offset: 2, data: '"2"', extra },
    ]);
    const { epoch } = position;
    expect(await offsets({ limit: 9, since: { offset: 2, epoch } })).toEqual([3, 4]);
    expect(await offsets({ limit: 9, since: { offset: 4, epoch } })).toEqual([5]);
    const reverse = true;
    expect(await offsets({ limit: 9, reverse })).toEqual([5]);
    expect(await offsets({ limit: 9, reverse, since: { offset: 5, epoch } })).toEqual([4, 3]);
  });

  test('a position of another epoch is error 112', async () => {
    await publish(3);
    const since = { offset: 1, epoch: 'another' };
    for (const reverse of [false, true]) {
      const asked = readHistory(broker, 'a', { limit: 10, since, reverse });
      await expect(asked).rejects.toMatchObject({ code: 112, temporary: false });
    }
  });
}
