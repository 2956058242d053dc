import { TcpProxy, until } from '@newswire/testkit';
import { expect, test } from 'vitest';
import type { Member } from '@newswire/broker';
import { Watcher } from '@newswire/broker/contract';
import { describeOnRedis } from './redis-rig.js';
import { RedisPresence, type RedisLink } from '../src/index.js';

const LEASE_MS = 900;
const OPTIONS = { presenceLeaseMs: LEASE_MS, publishTimeoutMs: 500 };

const member = (client: string): Member => ({ client, user: client });

interface Edge {
  readonly link: RedisLink;
  readonly presence: RedisPresence;
  readonly watcher: Watcher;
}

describeOnRedis((rig) => {
  async function openEdge(redisUrl = rig.redis.url): Promise<Edge> {
    const link = await rig.openLink({ redisUrl });
    const presence = new RedisPresence(link, OPTIONS);
    const watcher = new Watcher();
    await presence.watch('a', watcher);
    return { link, presence, watcher };
  }

  const clients = async ({ presence }: Edge) =>
    [...(await presence.members('a')).keys()].toSorted();

  const present = (edge: Edge, ...names: string[]) =>
    until(`members ${names.join()}`, async () => {
      const there = await clients(edge).catch(() => undefined);
      return there?.join() === names.join();
    });

  const away = { code: 100, temporary: true };

  for (const [what, lose] of [
    [
      'restarted',
      async () => {
        await rig.redis.stop('SIGKILL');
        await rig.redis.start();
      },
    ],
    [
      'restarted without its data',
      async () => {
        await rig.redis.keepFiles();
        await rig.redis.cli('FLUSHALL');
        await rig.redis.loseEnd();
        await rig.redis.cli('FLUSHALL');
      },
    ],
    ['flushed', async () => void (await rig.redis.cli('FLUSHALL'))],
  ] as const) {
    test(`${what}: all members are reported again, without joins or leaves`, async () => {
      const [one, two] = [await openEdge(), await openEdge()];
      await one.presence.join('a', member('c1'), true);
      await two.presence.join('a', member('c2'), true);
      await two.watcher.until('+a c2');
      await lose();
      await present(one, 'c1', 'c2');
      await until('the watch', async () =>
        (await rig.redis.cli('PUBSUB', 'NUMSUB', 'nw0:presence:{a}')).endsWith('2'),
      );
      // A later sweep must not announce any either: two renewals later, judged by the members'
      // leases.
      const first = await leaseEnd('a');
      await until('two renewals', async () => (await leaseEnd('a')) > first + LEASE_MS);
      const received = await two.watcher.settled(one.presence, 'a');
      expect(received).toEqual(['+a c1', '+a c2']);
      await one.presence.leave('a', 'c1', true);
      await two.watcher.until('-a c1');
    });
  }

  /** Returns when the last lease on the channel ends. */
  async function leaseEnd(channel: string): Promise<number> {
    const score = await rig.redis.cli('ZREVRANGE', `nw0:{${channel}}:here`, '0', '0', 'WITHSCORES');
    return Number(score.split('\n')[1]);
  }

  test('of names that clients made up nothing is left once they have gone', async () => {
    const one = await openEdge();
    const names = Array.from({ length: 300 }, (_, i) => `made-up:${i}`);
    await Promise.all(names.map((name) => one.presence.join(name, member('c1'), true)));
    expect(await rig.redis.cli('KEYS', 'nw0:{made-up:*')).not.toBe('');
    await Promise.all(names.map((name) => one.presence.leave(name, 'c1', true)));
    expect(await rig.redis.cli('KEYS', 'nw0:{made-up:*')).toBe('');
  });

  test('while Redis is away joins and leaves are remembered; requests fail at once', async () => {
    const [one, two] = [await openEdge(), await openEdge()];
    await one.presence.join('a', member('stays'), true);
    await one.presence.join('a', member('goes'), true);
    await two.watcher.until('+a goes');
    await rig.redis.stop('SIGKILL');
    await until('the links to be lost', () => [one, two].every(({ link }) => link.fault));
    await one.presence.leave('a', 'goes', true);
    await one.presence.join('a', member('comes'), true);
    await one.presence.join('a', member('brief'), true);
    await one.presence.leave('a', 'brief', true);
    await expect(one.presence.members('a')).rejects.toMatchObject(away);
    await expect(two.presence.stats('a')).rejects.toMatchObject(away);
    const late = new Watcher();
    await two.presence.watch('b', late);
    await one.presence.join('b', member('c1'), false);
    await rig.redis.start();
    await present(two, 'comes', 'stays');
    await late.settled(one.presence, 'b');
    const received = await two.watcher.settled(one.presence, 'a');
    // A watcher may have returned after the notifications. None may be repeated, and no other may
    // arrive.
    expect(['+a comes', '-a goes']).toEqual(
      expect.arrayContaining(
        received.filter((change) => !['+a stays', '+a goes'].includes(change)),
      ),
    );
    expect(new Set(received).size).toBe(received.length);
  });

  test('paused: requests fail in time, and changes are reported later, once', async () => {
    const [one, two] = [await openEdge(), await openEdge()];
    rig.redis.pause();
    try {
      await expect(two.presence.members('a')).rejects.toMatchObject(away);
      await one.presence.join('a', member('c1'), true);
      await one.presence.join('a', member('c2'), true);
      await one.presence.leave('a', 'c2', true);
    } finally {
      rig.redis.resume();
    }
    await present(two, 'c1');
    await two.watcher.until('+a c1');
    const received = await two.watcher.settled(one.presence, 'a');
    expect(received.filter((change) => change.endsWith('c1'))).toEqual(['+a c1']);
    expect(new Set(received).size).toBe(received.length);
  });

  test('of many edges that notice a lost edge, one announces it; if the edge comes back, its members join again', async () => {
    const others = await Promise.all([1, 2, 3, 4].map(() => openEdge()));
    const [first] = others as [Edge];
    const proxy = await TcpProxy.start(rig.redis.port);
    const lost = await openEdge(`redis://127.0.0.1:${proxy.port}`);
    for (const name of ['c1', 'c2']) await lost.presence.join('a', member(name), true);
    await lost.presence.join('a', member('silent'), false);
    // The process runs but cannot reach Redis. It tries to reconnect all the time.
    proxy.block();
    await Promise.all(others.map(({ watcher }) => watcher.until('-a c2')));
    await present(first);
    proxy.unblock();
    await present(first, 'c1', 'c2', 'silent');
    const once = ['+a c1', '+a c2', '-a c1', '-a c2', '+a c1', '+a c2'];
    for (const { watcher } of others) {
      expect((await watcher.settled(first.presence, 'a')).toSorted()).toEqual(once.toSorted());
    }
    proxy.close();
  });

  test('without members a later reader sees none, and the keys expire', async () => {
    const lost = await openEdge();
    await lost.presence.join('a', member('c1'), true);
    lost.link.commands.destroy();
    lost.link.subscriber.destroy();
    const reader = new RedisPresence(await rig.openLink(), OPTIONS);
    expect(await reader.stats('a')).toEqual({ clients: 1, users: 1 });
    await until('nobody', async () => (await reader.stats('a')).clients === 0);
    expect(await reader.members('a')).toEqual(new Map());
    for (const key of (await rig.redis.cli('KEYS', 'nw0:*')).split('\n')) {
      expect(Number(await rig.redis.cli('PTTL', key))).toBeGreaterThan(0);
    }
  });

  test('one renewal per channel, however many clients; nothing is left of members that left', async () => {
    const { presence } = await openEdge();
    const names = Array.from({ length: 500 }, (_, i) => `c${i}`);
    await Promise.all(names.map((name) => presence.join('a', member(name), false)));
    await presence.join('b', member('c'), false);
    const before = await leaseEnd('a');
    await rig.redis.cli('CONFIG', 'RESETSTAT');
    await until('a renewal', async () => (await leaseEnd('a')) > before);
    const stats = await rig.redis.cli('INFO', 'commandstats');
    const calls = (command: string) =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    expect(calls('hset')).toBe(0);
    expect(calls('zadd')).toBeLessThanOrEqual(2 * calls('evalsha'));
    expect(calls('evalsha')).toBeLessThanOrEqual(2);
    await Promise.all(names.map((name) => presence.leave('a', name, false)));
    await presence.close();
    expect(await rig.redis.cli('KEYS', 'nw0:*')).toBe('');
  });

  test('keys of another type are not changed, and do not affect other channels', async () => {
    const { presence } = await openEdge();
    await rig.redis.cli('SET', 'nw0:{a}:here', 'mine');
    await Promise.all([
      presence.join('a', member('c1'), true),
      presence.join('b', member('c2'), true),
    ]);
    expect(await presence.stats('b')).toEqual({ clients: 1, users: 1 });
    await expect(presence.members('a')).rejects.toMatchObject({ code: 100 });
    expect(await rig.redis.cli('GET', 'nw0:{a}:here')).toBe('mine');
    await rig.redis.cli('DEL', 'nw0:{a}:here');
    await until('the other', async () => (await presence.stats('a')).clients === 1);
  });
});
