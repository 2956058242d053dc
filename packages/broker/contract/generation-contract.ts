import { beforeEach, expect, test } from 'vitest';
import type { BrokerRig } from './broker-rig.js';
import { Listener } from './listener.js';

/** The part of the broker contract about log generations. */
export function describeGenerationContract(current: () => BrokerRig): void {
  let rig: BrokerRig;
  let listener: Listener;
  beforeEach(async () => {
    rig = current();
    listener = new Listener();
    await rig.subscriber.subscribe('a', listener);
  });

  test('the first publication of a generation says so, and no other', async () => {
    for (const data of ['1', '2', '3']) await rig.publisher.publish('a', data);
    await listener.count(3);
    expect(listener.received.map(({ isFirst }) => isFirst)).toEqual([true, false, false]);
  });

  test('a channel that nothing was published to has a generation, which the first one continues', async () => {
    const none = await rig.subscriber.history('a', 0, 10);
    const epoch = none.generation?.epoch;
    expect(none).toEqual({
      publications: [],
      agesMs: [],
      topOffset: 0,
      generation: {
        epoch: expect.stringMatching(/^[\w-]{8,}$/),
        firstOffset: 1,
        follows: undefined,
      },
    });
    expect(await rig.subscriber.history('a', 0, 10)).toEqual(none);
    expect(await rig.publisher.publish('a', '1')).toEqual({ offset: 1, epoch });
    await listener.count(1);
    expect(listener.received).toMatchObject([{ epoch, offset: 1, isFirst: true }]);
    expect((await rig.subscriber.history('a', 0, 0)).generation).toEqual(none.generation);
  });
}
