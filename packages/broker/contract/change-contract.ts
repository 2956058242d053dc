import { until } from '@newswire/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { BrokerRig } from './broker-rig.js';
import { Listener } from './listener.js';
import { Publishing } from './publishing.js';

/**
 * The faults of a data set outside this process. Each call resolves when the fault has happened.
 */
export interface Faults {
  /** The server ends by this signal and restarts with its data. */
  restart(signal: NodeJS.Signals): Promise<void>;
  /** The server ends and restarts with the data that it had when `remember` was called. */
  rollBack(): Promise<void>;
  remember(): Promise<void>;
  /** All data is lost; the server keeps running. */
  flush(): Promise<void>;
  /** The subscribers' connections break. */
  cut(): Promise<void>;
}

/** The part of the broker contract about faults that a broker cannot prevent. */
export function describeChangeContract(current: () => BrokerRig, faults: Faults): void {
  let rig: BrokerRig;
  let listener: Listener;
  beforeEach(async () => {
    rig = current();
    listener = new Listener();
    await rig.subscriber.subscribe('a', listener);
  });

  const isUp = () => rig.publisher.fault === undefined && rig.subscriber.fault === undefined;
  const history = () => rig.subscriber.history('a', 0, 100);
  const offsets = async () => (await history()).publications.map(({ offset }) => offset);

  async function publish(...data: string[]) {
    for (const item of data.slice(0, -1)) await rig.publisher.publish('a', item);
    return rig.publisher.publish('a', data.at(-1) ?? '0');
  }

  async function restarted(signal: NodeJS.Signals): Promise<void> {
    await faults.restart(signal);
    await until('both to be back', isUp);
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'after %s the epoch stays: what was published tells that nothing is lost',
    async (signal) => {
      const { epoch } = await publish('1', '2', '3');
      await listener.count(3);
      await restarted(signal);
      expect(await publish('4')).toEqual({ offset: 4, epoch });
      await listener.until('4');
      expect(listener.gaps).toEqual(['a']);
      expect(listener.breaks).toEqual([]);
      expect(listener.received.at(-1)).toMatchObject({ epoch, isFirst: false });
      expect(await offsets()).toEqual([1, 2, 3, 4]);
      await restarted(signal);
      expect(await publish('5')).toEqual({ offset: 5, epoch });
    },
  );

  test('a lost tail ends the generation: offsets go on above all that were ever given', async () => {
    const { epoch } = await publish('1', '2');
    await faults.remember();
    await publish('3', '4');
    await faults.rollBack();
    await until('both to be back', isUp);
    const next = await publish('5', '6');
    expect(next.offset).toBe(6);
    expect(next.epoch).not.toBe(epoch);
    expect(await history()).toMatchObject({
      topOffset: 6,
      generation: { epoch: next.epoch, firstOffset: 5, follows: { epoch, offset: 4 } },
    });
    expect(await offsets()).toEqual([1, 2, 5, 6]);
    await listener.until('6');
    expect(listener.received.slice(-2).map(({ isFirst }) => isFirst)).toEqual([true, false]);
    expect(listener.breaks).toEqual([]);
  });

  test('the log keeps what is of this generation and the one before, nothing older', async () => {
    await publish('1');
    for (const [lost, next] of [
      ['2', '3'],
      ['4', '5'],
    ] as const) {
      await faults.remember();
      await publish(lost);
      await faults.rollBack();
      await until('both to be back', isUp);
      await publish(next);
    }
    expect(await offsets()).toEqual([3, 5]);
    expect((await history()).generation?.follows?.offset).toBe(4);
  });

  test('a restart without a known position begins a generation that follows an unknown position', async () => {
    const { epoch } = await publish('1');
    await restarted('SIGTERM');
    // The subscriber's broker has never published, like a publisher that has just started.
    const next = await rig.subscriber.publish('a', '2');
    expect(next.offset).toBe(2);
    expect(next.epoch).not.toBe(epoch);
    expect((await history()).generation).toEqual({
      epoch: next.epoch,
      firstOffset: 2,
      follows: undefined,
    });
    expect(await offsets()).toEqual([1, 2]);
  });

  test('everything flushed: a new generation from 1 on, which follows what was answered', async () => {
    const old = await publish('1', '2', '3');
    await faults.flush();
    const next = await publish('4');
    expect(next.offset).toBe(1);
    expect(next.epoch).not.toBe(old.epoch);
    expect((await history()).generation).toEqual({
      epoch: next.epoch,
      firstOffset: 1,
      follows: old,
    });
    await listener.until('4');
    expect(listener.received.map(({ isFirst }) => isFirst)).toEqual([true, false, false, true]);
  });

  test('everything flushed, and a subscriber asks first: what it follows is known in the end', async () => {
    const old = await publish('1', '2');
    await faults.flush();
    const { generation } = await history();
    const epoch = generation?.epoch;
    expect(generation).toEqual({ epoch: expect.any(String), firstOffset: 1, follows: undefined });
    expect(await publish('3')).toEqual({ epoch, offset: 1 });
    expect((await history()).generation?.follows).toEqual(old);
  });

  test('an answer that was remembered does not change what is known of the channel', async () => {
    const options = { idempotencyKey: 'k' };
    const first = await rig.publisher.publish('a', '1', options);
    await faults.remember();
    await publish('2');
    await faults.rollBack();
    await until('both to be back', isUp);
    const last = await publish('3', '4');
    expect(last.epoch).not.toBe(first.epoch);
    expect(await rig.publisher.publish('a', '1', options)).toEqual(first);
    await faults.flush();
    await publish('5');
    expect((await history()).generation?.follows).toEqual(last);
  });

  test('subscribers cut off in the middle: no hole is left unreported', async () => {
    const publishing = new Publishing(rig.publisher, 'a');
    for (let round = 1; round <= 5; round++) {
      await faults.cut();
      await until('the gap', () => listener.gaps.length === round);
      const received = listener.received.length;
      await listener.count(received + 20);
    }
    await listener.until(String(await publishing.stop()));
    expect(listener.breaks).toEqual([]);
  });

  test('joining while subscribers are cut off leaves no unreported hole', async () => {
    const publishing = new Publishing(rig.publisher, 'b');
    for (let round = 0; round < 10; round++) {
      const joining = new Listener();
      const cut = faults.cut();
      const isJoined = await rig.subscriber.subscribe('b', joining).then(
        () => true,
        () => false,
      );
      await cut;
      await until('both to be back', isUp);
      if (isJoined) await joining.count(5);
      expect(joining.breaks).toEqual([]);
      // The next round's subscribe decides, regardless of where the cut interrupted this one.
      await rig.subscriber.unsubscribe('b').catch(() => undefined);
    }
    await publishing.stop();
  });
}
