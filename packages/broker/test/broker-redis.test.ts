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
