import { until } from '@newswire/testkit';
import { expect, test } from 'vitest';
import { describeBrokerContract, Listener, Publishing } from '@newswire/broker/contract';
import { RedisBroker } from '../src/index.js';
import { redisFaults } from './redis-faults.js';
import { describeOnRedis, REDIS_OPTIONS } from './redis-rig.js';

describeOnRedis((rig) => {
  async function openTwo() {
    const [publisher, subscriber] = await Promise.all([rig.openBroker(), rig.openBroker()]);
    return { publisher: publisher.broker, subscriber: subscriber.broker };
  }

  describeBrokerContract(
    'redis',
    async () => {
      const { publisher, subscriber } = await openTwo();
      return { publisher, subscriber, dispose: () => subscriber.close() };
    },
    redisFaults(rig),
  );

  test('a wildcard that was cut off is notified of a gap, and continues in another epoch', async () => {
    const { publisher, subscriber } = await openTwo();
    const listener = new Listener();
    await subscriber.subscribe('sports:*', listener);
    await publisher.publish('sports:1', '1');
    await listener.count(1);
    await rig.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('the gap', () => listener.gaps.length > 0);
    const { generation, topOffset } = await subscriber.history('sports:*', 0, 1);
    expect(topOffset).toBe(0);
    await publisher.publish('sports:2', '2');
    await listener.count(2);
    expect(listener.received[1]).toMatchObject({
      offset: 1,
      epoch: generation?.epoch,
      isFirst: true,
    });
    expect(listener.received[0]?.epoch).not.toBe(generation?.epoch);
    expect(listener.gaps).toEqual(['sports:*']);
  });

  test('refuses to write over keys of another type, and uses up no offset', async () => {
    const { broker } = await rig.openBroker();
    await rig.redis.cli('SET', 'nw0:{a}:log', 'mine');
    await expect(broker.publish('a', '1')).rejects.toThrow(/WRONGTYPE/);
    expect(await rig.redis.cli('GET', 'nw0:{a}:log')).toBe('mine');
    await rig.redis.cli('DEL', 'nw0:{a}:log');
    expect((await broker.publish('a', '1')).offset).toBe(1);
    await rig.redis.cli('SET', 'nw0:{b}:meta', 'mine');
    await expect(broker.publish('b', '1')).rejects.toThrow(/WRONGTYPE/);
  });

  test('a log without its meta hash, or ahead of it, begins a new generation', async () => {
    const { broker } = await rig.openBroker();
    const first = await broker.publish('a', '1');
    await broker.publish('a', '2');
    await rig.redis.cli('HSET', 'nw0:{a}:meta', 'o', '0');
    const second = await broker.publish('a', '3');
    expect(second.offset).toBe(1);
    expect(second.epoch).not.toBe(first.epoch);
    await rig.redis.cli('DEL', 'nw0:{a}:meta');
    const third = await broker.publish('a', '4');
    expect(third.offset).toBe(1);
    expect(third.epoch).not.toBe(second.epoch);
    const { publications } = await broker.history('a', 0, 10);
    expect(publications).toEqual([{ offset: 1, data: '4' }]);
  });

  test('a log without its meta hash counts as empty, and begins in another epoch', async () => {
    const { broker } = await rig.openBroker();
    const first = await broker.publish('a', '1');
    await rig.redis.cli('DEL', 'nw0:{a}:meta');
    const { publications, topOffset, generation } = await broker.history('a', 0, 10);
    expect([publications, topOffset]).toEqual([[], 0]);
    // The log may have begun in that epoch before.
    expect(generation?.epoch).toBe(first.epoch);
    const next = await broker.publish('a', '2');
    expect(next.offset).toBe(1);
    expect(next.epoch).not.toBe(first.epoch);
    expect((await broker.history('a', 0, 10)).generation?.follows).toEqual(first);
  });

  test('when Redis is full, publishing is refused and the log is not changed', async () => {
    const { broker } = await rig.openBroker();
    const first = await broker.publish('a', '1');
    await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
    await expect(broker.publish('a', '2')).rejects.toThrow(/OOM/);
    await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await broker.publish('a', '3')).toEqual({ offset: 2, epoch: first.epoch });
  });

  test('outdated publications leave the log of a busy channel', async () => {
    const { link, broker } = await rig.openBroker();
    const limits = { historySize: 100, historyTtlMs: 400 };
    const brief = new RedisBroker(link, { ...REDIS_OPTIONS, getLimits: () => limits });
    for (let i = 0; i < 15; i++) await broker.publish('a', String(i));
    await until(
      'their age',
      async () => (await brief.history('a', 0, 99)).publications.length === 0,
    );
    await brief.publish('a', '"16th"');
    expect(await rig.redis.cli('XLEN', 'nw0:{a}:log')).toBe('1');
  });

  test('everything it stores runs out', async () => {
    const { broker } = await rig.openBroker();
    await broker.publish('a', '1', { idempotencyKey: 'k' });
    const keys = (await rig.redis.cli('KEYS', '*')).split('\n').toSorted();
    expect(keys).toEqual(['nw0:empty', 'nw0:{a}:key:k', 'nw0:{a}:log', 'nw0:{a}:meta']);
    const ttls = await Promise.all(keys.map((key) => rig.redis.cli('PTTL', key)));
    expect(ttls.map((ttl) => Number(ttl) > 0)).toEqual([true, true, true, true]);
  });

  test('outdated publications do not stand in the way of those behind them', async () => {
    const { broker } = await rig.openBroker();
    await rig.redis.cli('HSET', 'nw0:{a}:meta', 'o', '5', 'e', 'epoch', 'f', '1');
    for (let i = 1; i <= 5; i++)
      await rig.redis.cli('XADD', 'nw0:{a}:log', `${i}-1000`, 'd', 'old');
    for (const data of ['6', '7', '8']) await broker.publish('a', data);
    const offsets = async (since: number, limit: number) =>
      (await broker.history('a', since, limit)).publications.map(({ offset }) => offset);
    expect(await offsets(0, 3)).toEqual([6, 7, 8]);
    expect(await offsets(2, 2)).toEqual([6, 7]);
    expect(await offsets(7, 2)).toEqual([8]);
  });

  test('an item that fails harms none of those it is sent with', async () => {
    const { broker } = await rig.openBroker();
    await rig.redis.cli('SET', 'nw0:{a}:log', 'mine');
    await rig.redis.cli('SET', 'nw0:{b}:key:k', 'garbage');
    await rig.redis.cli('LPUSH', 'nw0:{c}:key:k', 'mine');
    const results = await Promise.allSettled([
      broker.publish('x', '1'),
      broker.publish('a', '1'),
      broker.publish('c', '1', { idempotencyKey: 'k' }),
      broker.publish('x', '2'),
    ]);
    expect(results).toMatchObject([
      { value: { offset: 1 } },
      { reason: { message: expect.stringContaining('WRONGTYPE') } },
      { reason: { message: expect.stringContaining('WRONGTYPE') } },
      { value: { offset: 2 } },
    ]);
    expect(await rig.redis.cli('EXISTS', 'nw0:{a}:meta', 'nw0:{c}:meta', 'nw0:{c}:log')).toBe('0');
  });

  test('of a turn, each answer is remembered by the key it was asked with', async () => {
    const { broker } = await rig.openBroker();
    const keys = [undefined, 'one', undefined, 'two', 'three'];
    const publish = () =>
      Promise.all(
        keys.map((key) =>
          broker.publish('a', '1', key === undefined ? {} : { idempotencyKey: key }),
        ),
      );
    const offsets = (await publish()).map(({ offset }) => offset);
    expect(offsets).toEqual([1, 2, 3, 4, 5]);
    const again = (await publish()).map(({ offset }) => offset);
    expect(again).toEqual([6, 2, 7, 4, 5]);
  });

  test('each channel has the limits of its own, in one turn', async () => {
    const { link } = await rig.openBroker();
    const small = { historySize: 2, historyTtlMs: 60_000 };
    const large = { historySize: 50, historyTtlMs: 120_000 };
    const getLimits = (channel: string) => (channel.startsWith('small:') ? small : large);
    const broker = new RedisBroker(link, { ...REDIS_OPTIONS, getLimits });
    const channels = ['small:1', 'large:1', 'small:2'];
    const calls = Array.from({ length: 300 }, (_, i) => broker.publish(channels[i % 3] ?? '', '1'));
    await Promise.all(calls);
    const counts = channels.map(async (name) => (await broker.history(name, 0, 99)).publications);
    expect((await Promise.all(counts)).map(({ length }) => length)).toEqual([2, 50, 2]);
    expect(Number(await rig.redis.cli('PTTL', 'nw0:{large:1}:log'))).toBeGreaterThan(100_000);
  });

  test('where Redis forgets the script in between, publications keep their order', async () => {
    const { broker } = await rig.openBroker();
    const listener = new Listener();
    await broker.subscribe('a', listener);
    const publishing = new Publishing(broker, 'a', { isAwaiting: false });
    for (let round = 0; round < 10; round++) await rig.redis.cli('SCRIPT', 'FLUSH');
    const count = await publishing.stop();
    await listener.count(count);
    expect(listener.data).toEqual(Array.from({ length: count }, (_, i) => String(i + 1)));
  });

  test('asking keeps the offset of an idle channel', async () => {
    const { broker } = await rig.openBroker();
    const ttl = async () => Number(await rig.redis.cli('PTTL', 'nw0:{a}:meta'));
    await broker.publish('a', '1');
    await rig.redis.cli('PEXPIRE', 'nw0:{a}:meta', '5000');
    await broker.history('a', 0, 0);
    expect(await ttl()).toBeGreaterThan(86_000_000);
    await rig.redis.cli('PEXPIRE', 'nw0:{a}:meta', '999000000');
    await broker.history('a', 0, 0);
    expect(await ttl()).toBeGreaterThan(998_000_000);
  });

  test('asking for channels that were never published to leaves one key, however many they are', async () => {
    const { broker } = await rig.openBroker();
    const names = Array.from({ length: 2000 }, (_, i) => `made up ${i}`);
    const pages = await Promise.all(names.map((name) => broker.history(name, 0, 10)));
    await Promise.all(names.map((name) => broker.removeHistory(name)));
    expect(new Set(pages.map(({ generation }) => generation?.epoch)).size).toBe(1);
    expect(await rig.redis.cli('KEYS', '*')).toBe('nw0:empty');
    expect(await rig.redis.cli('HLEN', 'nw0:empty')).toBe('2');
  });

  test('a full Redis can still be asked for any channel', async () => {
    const { broker } = await rig.openBroker();
    await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
    const page = await broker.history('a', 0, 10);
    await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(page).toMatchObject({ topOffset: 0, publications: [] });
    expect(page.generation?.epoch).toMatch(/^[\w-]{8,}$/);
  });
});
