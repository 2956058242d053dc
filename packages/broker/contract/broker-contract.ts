import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeHistoryContract } from './history-contract.js';
import { describeChangeContract, type Faults } from './change-contract.js';
import { describeGenerationContract } from './generation-contract.js';
import { describeReadHistoryContract } from './read-history-contract.js';
import { describeWildcardContract } from './wildcard-contract.js';
import type { BrokerRig } from './broker-rig.js';
import { Listener } from './listener.js';
import { settled } from './settled.js';
import { nextTurn, Publishing } from './publishing.js';

/** The limits of every channel in every broker under test. */
export const CONTRACT_LIMITS = { historySize: 100, historyTtlMs: 60_000 };

/**
 * Every broker passes this suite: it is the executable form of the Broker interface's docstring.
 * `faults`: the faults of the data set, for a broker whose data set is outside this process.
 */
export function describeBrokerContract(
  name: string,
  createRig: () => Promise<BrokerRig>,
  faults?: Faults,
): void {
  describe(`broker contract: ${name}`, () => {
    let rig: BrokerRig;
    const current = () => rig;
    beforeEach(async () => {
      rig = await createRig();
    });
    afterEach(() => rig.dispose());
    describe('live', () => {
      describeLiveContract(current);
    });
    describe('history', () => {
      describeHistoryContract(current);
    });
    describe('history that a client requests', () => {
      describeReadHistoryContract(current);
    });
    describe('wildcards', () => {
      describeWildcardContract(current);
    });
    describe('generations', () => {
      describeGenerationContract(current);
    });
    describe.skipIf(faults === undefined)('generations, when the data set changes', () => {
      if (faults !== undefined) describeChangeContract(current, faults);
    });
  });
}

function describeLiveContract(current: () => BrokerRig): void {
  let rig: BrokerRig;
  let listener: Listener;
  beforeEach(() => {
    rig = current();
    listener = new Listener();
  });
  afterEach(() => expect(listener.complaints).toEqual([]));

  test('offsets count from 1 in one epoch, each channel on its own', async () => {
    const a1 = await rig.publisher.publish('a', '"x"');
    const a2 = await rig.publisher.publish('a', '"y"');
    const b1 = await rig.publisher.publish('b', '"z"');
    expect([a1.offset, a2.offset, b1.offset]).toEqual([1, 2, 1]);
    expect(a2.epoch).toBe(a1.epoch);
  });

  test('channels that begin at once all begin in the epoch of empty logs', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `c${i}`);
    const { generation } = await rig.subscriber.history('quiet', 0, 0);
    const positions = await Promise.all(names.map((name) => rig.publisher.publish(name, '1')));
    expect(positions).toEqual(names.map(() => ({ offset: 1, epoch: generation?.epoch })));
  });

  test('a subscriber receives all later publications, in order and unchanged', async () => {
    await rig.publisher.publish('a', '"before"');
    await rig.subscriber.subscribe('a', listener);
    const data = ['"text"', '{"deep":[1,2,{"é":"😀"}]}', 'null', '""', '"with spaces  in it"'];
    const positions = await Promise.all(data.map((item) => rig.publisher.publish('a', item)));
    expect(await listener.count(data.length)).toEqual(
      data.map((item, i) => ({ channel: 'a', data: item, isFirst: false, ...positions[i] })),
    );
    expect(positions.map(({ offset }) => offset)).toEqual([2, 3, 4, 5, 6]);
  });

  test('members beside the data arrive with it, and must be on one line', async () => {
    await rig.subscriber.subscribe('a', listener);
    const extra = '"tags":{"a":"with  spaces"},"info":{"user":"é"}';
    const key = { idempotencyKey: 'k' };
    await rig.publisher.publish('a', '"1"', { extra, ...key });
    await rig.publisher.publish('a', '"2"', { isTransient: true });
    await rig.publisher.publish('a', '{"3":[]}', { extra, isTransient: true });
    await rig.publisher.publish('a', '"4"', { extra: '' });
    for (const bad of ['"a":\n1', '"a":\u001e1']) {
      const refused = rig.publisher.publish('a', '"5"', { extra: bad });
      await expect(refused).rejects.toMatchObject({ code: 107 });
    }
    await listener.count(4);
    expect(listener.publications).toEqual([
      { offset: 1, data: '"1"', extra },
      { offset: 2, data: '"2"', isTransient: true },
      { offset: 3, data: '{"3":[]}', extra, isTransient: true },
      { offset: 4, data: '"4"' },
    ]);
  });

  test('hundreds at once arrive once each, in the order of the calls', async () => {
    await rig.subscriber.subscribe('a', listener);
    const calls = Array.from({ length: 600 }, (_, i) => [
      rig.publisher.publish('a', String(i)),
      rig.publisher.publish(`other${i % 7}`, String(i)),
    ]);
    await Promise.all(calls.flat());
    await listener.count(600);
    await settled(rig);
    expect(listener.received.map(({ offset }) => offset)).toEqual(upTo(600).map((i) => i + 1));
    expect(listener.data).toEqual(upTo(600).map(String));
  });

  test('publications of many turns keep the order of the calls, without waiting', async () => {
    await rig.subscriber.subscribe('a', listener);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) {
      calls.push(rig.publisher.publish('a', String(i)));
      await nextTurn();
    }
    await Promise.all(calls);
    await listener.count(50);
    expect(listener.data).toEqual(upTo(50).map(String));
  });

  test('other channels, and left channels, are not received', async () => {
    await rig.subscriber.subscribe('a', listener);
    await rig.publisher.publish('b', '1');
    await rig.publisher.publish('a', '2');
    await listener.count(1);
    await rig.subscriber.unsubscribe('a');
    await rig.publisher.publish('a', '3');
    await settled(rig);
    expect(listener.data).toEqual(['2']);
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
    await settled(rig);
    expect(listener.received.map(({ channel }) => channel)).toEqual(['a']);
  });

  test('a flow that is joined again while much is published has no hole in it', async () => {
    const { publisher, subscriber } = rig;
    const publishing = new Publishing(publisher, 'a');
    for (let round = 0; round < 30; round++) {
      const each = new Listener();
      await subscriber.subscribe('a', each);
      await each.count(3);
      const again = new Listener();
      await Promise.all([subscriber.unsubscribe('a'), subscriber.subscribe('a', again)]);
      await again.count(2);
      expect(each.complaints).toEqual([]);
      expect(again.complaints).toEqual([]);
      await subscriber.unsubscribe('a');
    }
    expect(await publishing.stop()).toBeGreaterThan(150);
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
    await settled(rig);
    expect(listener.data).toEqual(['1', '3']);
  });

  test('of versioned publications, only those above the last version take effect', async () => {
    await rig.subscriber.subscribe('a', listener);
    const publish = (data: string, number: number, epoch = '') =>
      rig.publisher.publish('a', data, { version: { number, epoch } });
    const first = await publish('1', 5);
    const { epoch } = first;
    expect(first.offset).toBe(1);
    // Those of one turn are compared with one another, too.
    const both = await Promise.all([publish('no', 5), publish('2', 6), publish('no', 4)]);
    expect(both.map(({ offset }) => offset)).toEqual([1, 2, 2]);
    expect(await rig.publisher.publish('a', '3')).toEqual({ epoch, offset: 3 });
    expect(await publish('no', 6)).toEqual({ epoch, offset: 3 });
    expect(await publish('4', 1, 'new epoch %')).toEqual({ epoch, offset: 4 });
    expect(await publish('no', 1, 'new epoch %')).toEqual({ epoch, offset: 4 });
    expect(await publish('no', 1)).toEqual({ epoch, offset: 4 });
    expect(await publish('5', Number.MAX_SAFE_INTEGER)).toEqual({ epoch, offset: 5 });
    expect(await publish('no', Number.MAX_SAFE_INTEGER - 1, 'new epoch %')).toMatchObject({
      offset: 5,
    });
    expect(await publish('6', 1, 'third')).toEqual({ epoch, offset: 6 });
    await rig.publisher.removeHistory('a');
    expect(await publish('no', 1, 'third')).toEqual({ epoch, offset: 6 });
    const elsewhere = { version: { number: 1, epoch: '' } };
    expect((await rig.publisher.publish('b', '1', elsewhere)).offset).toBe(1);
    await rig.publisher.publish('a', '7');
    await listener.count(7);
    await settled(rig);
    expect(listener.data).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  test('an outdated publication with an idempotency key has one answer', async () => {
    const version = { number: 1, epoch: '' };
    const first = await rig.publisher.publish('a', '1', { version });
    const retried = { version, idempotencyKey: 'k' };
    expect(await rig.publisher.publish('a', 'no', retried)).toEqual(first);
    await rig.publisher.publish('a', '2');
    expect(await rig.publisher.publish('a', 'no', retried)).toEqual(first);
  });

  test('a working broker has no fault', () => {
    expect(rig.publisher.fault).toBeUndefined();
    expect(rig.subscriber.fault).toBeUndefined();
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
