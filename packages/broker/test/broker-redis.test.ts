import { ProtocolError, type Publication } from '@newswire/protocol';
import { missingPrograms, RedisServer, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  LocalControl,
  openRedisInlet,
  RedisBroker,
  RedisControl,
  RedisLink,
  type Control,
} from '../src/index.js';
import { CONTRACT_LIMITS, describeBrokerContract } from './broker-contract.js';

const missing = missingPrograms('redis-server', 'redis-cli');

describe.skipIf(missing.length > 0)(`needs ${missing.join(', ') || 'redis-server'}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.dispose());
  beforeEach(() => redis.cli('FLUSHALL'));

  const links: RedisLink[] = [];
  afterEach(() => Promise.all(links.splice(0).map((link) => link.close())));

  async function openLink(): Promise<RedisLink> {
    const link = new RedisLink({ redisUrl: redis.url, reconnectDelayMs: () => 50 });
    links.push(link);
    await until('the link', () => link.fault() === undefined);
    return link;
  }

  async function openBroker() {
    const link = await openLink();
    return { link, broker: new RedisBroker(link, { ...CONTRACT_LIMITS, publishTimeoutMs: 1000 }) };
  }

  describeBrokerContract('redis', async () => {
    const [publisher, subscriber] = await Promise.all([openBroker(), openBroker()]);
    return {
      publisher: publisher.broker,
      subscriber: subscriber.broker,
      dispose: () => subscriber.broker.close(),
    };
  });

  describe('redis broker', () => {
    test('refuses to write over keys of another type, and uses up no offset', async () => {
      const { broker } = await openBroker();
      await redis.cli('SET', 'nw:{a}:log', 'mine');
      await expect(broker.publish('a', '1')).rejects.toThrow(/WRONGTYPE/);
      expect(await redis.cli('GET', 'nw:{a}:log')).toBe('mine');
      await redis.cli('DEL', 'nw:{a}:log');
      expect((await broker.publish('a', '1')).offset).toBe(1);
      await redis.cli('SET', 'nw:{b}:meta', 'mine');
      await expect(broker.publish('b', '1')).rejects.toThrow(/WRONGTYPE/);
    });

    test('a log without its meta hash, or ahead of it, begins a new life', async () => {
      const { broker } = await openBroker();
      const first = await broker.publish('a', '1');
      await broker.publish('a', '2');
      await redis.cli('HSET', 'nw:{a}:meta', 'o', '0');
      const second = await broker.publish('a', '3');
      expect(second.offset).toBe(1);
      expect(second.epoch).not.toBe(first.epoch);
      await redis.cli('DEL', 'nw:{a}:meta');
      const third = await broker.publish('a', '4');
      expect(third.offset).toBe(1);
      expect(third.epoch).not.toBe(second.epoch);
      const { publications } = await broker.history('a', 0, 10);
      expect(publications).toEqual([{ offset: 1, data: '4' }]);
    });

    test('when Redis is full, publishing is refused and the log is left alone', async () => {
      const { broker } = await openBroker();
      const first = await broker.publish('a', '1');
      await redis.cli('CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
      await expect(broker.publish('a', '2')).rejects.toThrow(/OOM/);
      await redis.cli('CONFIG', 'SET', 'maxmemory', '0');
      expect(await broker.publish('a', '3')).toEqual({ offset: 2, epoch: first.epoch });
    });

    test('outdated publications leave the log of a busy channel', async () => {
      const { link, broker } = await openBroker();
      const brief = new RedisBroker(link, {
        historySize: 100,
        historyTtlMs: 50,
        publishTimeoutMs: 1000,
      });
      for (let i = 0; i < 15; i++) await broker.publish('a', String(i));
      await until(
        'their age',
        async () => (await brief.history('a', 0, 99)).publications.length === 0,
      );
      await brief.publish('a', '"16th"');
      expect(await redis.cli('XLEN', 'nw:{a}:log')).toBe('1');
    });

    test('everything it stores runs out', async () => {
      const { broker } = await openBroker();
      await broker.publish('a', '1', { idempotencyKey: 'k' });
      const keys = (await redis.cli('KEYS', '*')).split('\n').toSorted();
      expect(keys).toEqual(['nw:{a}:key:k', 'nw:{a}:log', 'nw:{a}:meta']);
      const ttls = await Promise.all(keys.map((key) => redis.cli('PTTL', key)));
      expect(ttls.map((ttl) => Number(ttl) > 0)).toEqual([true, true, true]);
    });

    test('away: publishing fails at once with 100, temporary; back: all resumes, a gap is told', async () => {
      const { broker } = await openBroker();
      const heard: Publication[] = [];
      const gaps: string[] = [];
      await broker.subscribe('a', {
        handlePublication: (_, publication) => heard.push(publication),
        handleGap: (channel) => gaps.push(channel),
      });
      await broker.publish('a', '1');
      await redis.stop('SIGKILL');
      await until('the fault', () => broker.fault());
      expect(broker.fault()).toMatch(/^Redis is away/);
      const error: unknown = await broker.publish('a', '2').catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ProtocolError);
      expect((error as ProtocolError).toBody()).toEqual({
        code: 100,
        message: 'internal error: Redis is away, try again',
        temporary: true,
      });
      await redis.start();
      await until('Redis to be back', () => broker.fault() === undefined);
      await broker.publish('a', '3');
      await until('the next publication', () => heard.at(-1)?.data === '3');
      expect(gaps).toEqual(['a']);
    });

    test('joined, left and joined again while Redis is away: what counts is the last', async () => {
      const { broker } = await openBroker();
      const heard: string[] = [];
      const handler = {
        handlePublication: (channel: string) => void heard.push(channel),
        handleGap: () => undefined,
      };
      await redis.stop('SIGKILL');
      await until('the fault', () => broker.fault());
      const tries = await Promise.allSettled([
        broker.subscribe('a', handler),
        broker.unsubscribe('a'),
        broker.subscribe('a', handler),
      ]);
      expect(tries[2]?.status).toBe('rejected');
      await redis.start();
      await until('Redis to be back', () => broker.fault() === undefined);
      await broker.subscribe('a', handler);
      await broker.publish('a', '1');
      await until('the publication', () => heard.length === 1);
    });

    test('one subscribe that fails does not take another one of the same handler with it', async () => {
      const { link, broker } = await openBroker();
      const heard: string[] = [];
      const handler = {
        handlePublication: (channel: string) => void heard.push(channel),
        handleGap: () => undefined,
      };
      // The first SUBSCRIBE is under way when its connection breaks; the second follows on the new one.
      const subscribe = link.subscriber.subscribe.bind(link.subscriber);
      let fail: (error: Error) => void = () => undefined;
      link.subscriber.subscribe = () => new Promise((_, reject) => (fail = reject));
      const first = broker.subscribe('a', handler).catch((error: Error) => error.message);
      link.subscriber.subscribe = subscribe;
      await broker.subscribe('a', handler);
      fail(new Error('broken'));
      expect(await first).toBe('broken');
      await broker.publish('a', '1');
      await until('the publication', () => heard.length === 1);
    });

    test('a message that is not ours, or a handler that throws, harms nothing else', async () => {
      const faults: unknown[] = [];
      const link = new RedisLink({
        redisUrl: redis.url,
        reconnectDelayMs: () => 50,
        onListenerFault: (error) => faults.push(error),
      });
      links.push(link);
      await until('the link', () => link.fault() === undefined);
      const broker = new RedisBroker(link, { ...CONTRACT_LIMITS, publishTimeoutMs: 1000 });
      const control = new RedisControl(link, { publishTimeoutMs: 1000 });
      await control.serve(() => ({ channels: {} }));
      const heard: string[] = [];
      await broker.subscribe('a', {
        handlePublication: (_, { data }) => {
          if (data === '"bad"') throw new Error('a handler failed');
          heard.push(data);
        },
        handleGap: () => undefined,
      });
      await redis.cli('PUBLISH', 'nw:control', 'garbage');
      await redis.cli('PUBLISH', 'nw:{a}', 'garbage');
      await redis.cli('PUBLISH', 'nw:{a}', 'x y z');
      await broker.publish('a', '"bad"');
      await broker.publish('a', '"good"');
      await until('the good one', () => heard.length === 1);
      expect(heard).toEqual(['"good"']);
      expect(faults.map(String)).toEqual([
        expect.stringContaining('SyntaxError'),
        'Error: a handler failed',
      ]);
      expect(broker.fault()).toBeUndefined();
      expect(await control.request({ method: 'channels' })).toEqual([{ channels: {} }]);
    });

    test('outdated publications do not stand in the way of those behind them', async () => {
      const { broker } = await openBroker();
      await redis.cli('HSET', 'nw:{a}:meta', 'o', '5', 'e', 'epoch');
      for (let i = 1; i <= 5; i++) await redis.cli('XADD', 'nw:{a}:log', `${i}-1000`, 'd', 'old');
      for (const data of ['6', '7', '8']) await broker.publish('a', data);
      const offsets = async (since: number, limit: number) =>
        (await broker.history('a', since, limit)).publications.map(({ offset }) => offset);
      expect(await offsets(0, 3)).toEqual([6, 7, 8]);
      expect(await offsets(2, 2)).toEqual([6, 7]);
      expect(await offsets(7, 2)).toEqual([8]);
    });

    test('paused: publishing fails within its time limit', async () => {
      const { broker } = await openBroker();
      redis.pause();
      try {
        await expect(broker.publish('a', '1')).rejects.toThrow(/did not answer in time/);
      } finally {
        redis.resume();
      }
    });
  });

  describe('control', () => {
    const rigs: [string, () => Promise<{ center: Control; edges: Control[] }>][] = [
      [
        'local',
        async () => {
          const control = new LocalControl();
          return { center: control, edges: [control, control] };
        },
      ],
      [
        'redis',
        async () => {
          const open = async () => new RedisControl(await openLink(), { publishTimeoutMs: 500 });
          return { center: await open(), edges: [await open(), await open()] };
        },
      ],
    ];

    test.each(rigs)('contract: %s: every edge answers', async (_, createRig) => {
      const { center, edges } = await createRig();
      expect(await center.request({ method: 'channels' })).toEqual([]);
      for (const [i, edge] of edges.entries()) {
        await edge.serve(() => ({ channels: { a: i + 1 } }));
      }
      const [first, second] = await Promise.all([
        center.request({ method: 'channels' }),
        center.request({ method: 'channels' }),
      ]);
      const counts = first.map(({ channels }) => channels['a'] ?? 0).toSorted((a, b) => a - b);
      expect(counts).toEqual([1, 2]);
      expect(second).toHaveLength(2);
    });

    test('paused: a request fails within its time limit, and ends nothing', async () => {
      const center = new RedisControl(await openLink(), { publishTimeoutMs: 200 });
      redis.pause();
      try {
        await expect(center.request({ method: 'channels' })).rejects.toThrow(
          'internal error: Redis did not answer in time, try again',
        );
      } finally {
        redis.resume();
      }
      expect(await center.request({ method: 'channels' })).toEqual([]);
    });

    test('an edge that does not answer is told of, after the time limit', async () => {
      const center = new RedisControl(await openLink(), { publishTimeoutMs: 200 });
      await new RedisControl(await openLink(), { publishTimeoutMs: 200 }).serve(() => ({
        channels: {},
      }));
      const deaf = await openLink();
      await deaf.subscriber.subscribe('nw:control', () => undefined);
      await expect(center.request({ method: 'channels' })).rejects.toThrow(
        'internal error: 1 of 2 edges answered within 200 ms, try again',
      );
    });
  });

  test('the inlet hears plain PUBLISH on news:*', async () => {
    const link = await openLink();
    const heard: string[][] = [];
    await openRedisInlet(link, (channel, text) => heard.push([channel, text]));
    await redis.cli('PUBLISH', 'news:77707', 'a plain text');
    await redis.cli('PUBLISH', 'other:1', 'not ours');
    await redis.cli('PUBLISH', 'news:odd name', '');
    await until('both', () => heard.length === 2);
    expect(heard).toEqual([
      ['77707', 'a plain text'],
      ['odd name', ''],
    ]);
  });
});
