import { readFileSync } from 'node:fs';
import { until } from '@newswire/testkit';
import { expect, test } from 'vitest';
import { describeEventContract, EVENT_GRACE_MS, EVENT_QUEUE_SIZE } from '@newswire/broker/contract';
import { RedisEvents } from '../src/index.js';
import { describeOnRedis } from './redis-rig.js';

const LEASE_MS = 600;

const OPTIONS = {
  presenceLeaseMs: LEASE_MS,
  publishTimeoutMs: 1000,
  webhookGraceMs: EVENT_GRACE_MS,
  webhookQueueSize: EVENT_QUEUE_SIZE,
};

describeOnRedis((rig) => {
  const open = async () => new RedisEvents(await rig.openLink(), OPTIONS);

  describeEventContract('redis', async () => {
    const [one, two, center] = [await open(), await open(), await open()];
    // Before that, no lease and no grace ends.
    const sweepsFromMs = performance.now() + LEASE_MS;
    await until('sweeps', () => performance.now() > sweepsFromMs);
    // The suite's edges renew their leases.
    const alive = new Set(['one', 'two']);
    const keeper = setInterval(() => {
      for (const edge of alive) {
        void two.write({ edge, number: 0, isFirst: false, operations: [] }).catch(() => undefined);
      }
    }, LEASE_MS / 3);
    return {
      edges: [one, two],
      queue: center,
      kill: { leaseMs: LEASE_MS, run: async () => void alive.delete('one') },
      dispose: async () => clearInterval(keeper),
    };
  });

  test('one center is the consumer; another one becomes it some time after the first is gone', async () => {
    const [first, second] = [await open(), await open()];
    expect(await first.sweep()).toBe(true);
    expect(await second.sweep()).toBe(false);
    expect(await first.sweep()).toBe(true);
    const name = 'nw0:events:consumer';
    expect(Number(await rig.redis.cli('PTTL', name))).toBeGreaterThan(1000);
    await rig.redis.cli('DEL', name);
    expect(await second.sweep()).toBe(true);
    expect(await first.sweep()).toBe(false);
  });

  test('the documented rules of Redis users are enough for events', async () => {
    const page = readFileSync(new URL('../../../docs/redis.md', import.meta.url), 'utf8');
    const openAs = async (user: string) => {
      const rules = new RegExp(`^ACL SETUSER ${user} reset on >\\w+ (.+)$`, 'm').exec(page)?.[1];
      await rig.redis.cli(
        'ACL',
        'SETUSER',
        user,
        'reset',
        'on',
        '>pw',
        ...(rules ?? '').split(' '),
      );
      const redisUrl = `redis://${user}:pw@127.0.0.1:${rig.redis.port}`;
      return new RedisEvents(await rig.openLink({ redisUrl }), { ...OPTIONS, webhookGraceMs: 0 });
    };
    const [edge, center] = [await openAs('edge'), await openAs('center')];
    const write = (number: number, sign: '+' | '-', isFirst: boolean) =>
      edge.write({
        edge: 'e',
        number,
        isFirst,
        operations: [
          [sign, 'a', 'q'],
          ['e', '{}', 'q'],
        ],
      });
    expect(await write(1, '+', true)).toBe(0);
    expect(await write(2, '-', false)).toBe(0);
    await until('the end', async () => {
      expect(await center.sweep()).toBe(true);
      return (await center.read('q', 9)).length === 4;
    });
    const { events } = await center.read('q', 9);
    await center.remove(
      'q',
      events.map(({ id }) => id),
    );
    expect(await center.read('q', 9)).toEqual({ events: [], length: 0 });
  });
});
