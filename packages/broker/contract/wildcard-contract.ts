import { beforeEach, expect, test } from 'vitest';
import type { BrokerRig } from './broker-rig.js';
import { Listener } from './listener.js';
import { settled } from './settled.js';

const ALL = 'sports:*';

/** The part of the broker contract about wildcards. */
export function describeWildcardContract(current: () => BrokerRig): void {
  let rig: BrokerRig;
  let listener: Listener;
  beforeEach(() => {
    rig = current();
    listener = new Listener();
  });

  test('every channel of the namespace is received, by its name, in one flow without holes', async () => {
    const tags = '"tags":{"a":"b"}';
    await rig.publisher.publish('sports:1', '"before"');
    await rig.subscriber.subscribe(ALL, listener);
    for (const other of ['sports', 'sport:1', 'xsports:1', 'sportsx:1', 'x:sports:1']) {
      await rig.publisher.publish(other, '"other"');
    }
    await rig.publisher.publish('sports:1', '"a"');
    await rig.publisher.publish('sports:2', '"b"', { extra: tags });
    await rig.publisher.publish('sports:x:y', '"c"', { isTransient: true });
    await rig.publisher.publish('sports:1', '"d"');
    await listener.count(4);
    await settled(rig);
    expect(listener.publications).toEqual([
      { offset: 1, data: '"a"', extra: '"channel":"sports:1"' },
      { offset: 2, data: '"b"', extra: `"channel":"sports:2",${tags}` },
      { offset: 3, data: '"c"', extra: '"channel":"sports:x:y"', isTransient: true },
      { offset: 4, data: '"d"', extra: '"channel":"sports:1"' },
    ]);
    const epochs = new Set(listener.received.map(({ epoch }) => epoch));
    expect(epochs.size).toBe(1);
    expect(listener.received.map(({ isFirst }) => isFirst)).toEqual([true, false, false, false]);
    expect(listener.received.every(({ channel }) => channel === ALL)).toBe(true);
    expect(listener.complaints).toEqual([]);
  });

  test('there is a position and no log', async () => {
    await rig.subscriber.subscribe(ALL, listener);
    const none = await rig.subscriber.history(ALL, 0, 10);
    expect(none).toMatchObject({
      publications: [],
      agesMs: [],
      topOffset: 0,
      generation: { firstOffset: 1 },
    });
    await rig.publisher.publish('sports:1', '1');
    await rig.publisher.publish('sports:2', '2');
    const [{ epoch } = { epoch: '' }] = await listener.count(2);
    const generation = { epoch, firstOffset: 1, follows: undefined };
    expect(await rig.subscriber.history(ALL, 0, 10)).toEqual({
      publications: [],
      agesMs: [],
      topOffset: 2,
      generation,
    });
    expect(none.generation).toEqual(generation);
  });

  test('a plain subscription works beside it; a session that left receives nothing more', async () => {
    const own = new Listener();
    await rig.subscriber.subscribe(ALL, listener);
    await rig.subscriber.subscribe('sports:1', own);
    await rig.publisher.publish('sports:1', '1');
    await listener.count(1);
    await own.count(1);
    expect(own.publications).toEqual([{ offset: 1, data: '1' }]);
    await rig.subscriber.unsubscribe(ALL);
    await rig.publisher.publish('sports:1', '2');
    await own.count(2);
    const again = new Listener();
    await rig.subscriber.subscribe(ALL, again);
    await rig.subscriber.unsubscribe('sports:1');
    await rig.publisher.publish('sports:1', '3');
    await again.count(1);
    await settled(rig);
    expect([listener.data, own.data, again.data]).toEqual([['1'], ['1', '2'], ['3']]);
    expect(again.received).toMatchObject([{ offset: 1, isFirst: true }]);
    expect(again.received[0]?.epoch).not.toBe(listener.received[0]?.epoch);
  });

  test('without subscribers nothing is kept', async () => {
    const nothing = { publications: [], agesMs: [], topOffset: 0, generation: undefined };
    expect(await rig.subscriber.history(ALL, 0, 10)).toEqual(nothing);
    await rig.subscriber.unsubscribe(ALL);
  });
}
