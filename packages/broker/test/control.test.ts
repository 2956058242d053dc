import { until } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { LocalControl, openRedisInlet, RedisControl, type Control } from '../src/index.js';
import { describeOnRedis } from './redis-rig.js';

describeOnRedis((rig) => {
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
          const open = async () =>
            new RedisControl(await rig.openLink(), { publishTimeoutMs: 500 });
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
      const center = new RedisControl(await rig.openLink(), { publishTimeoutMs: 200 });
      rig.redis.pause();
      try {
        await expect(center.request({ method: 'channels' })).rejects.toThrow(
          'internal error: Redis did not answer in time, try again',
        );
      } finally {
        rig.redis.resume();
      }
      expect(await center.request({ method: 'channels' })).toEqual([]);
    });

    test('an edge that does not answer is told of, after the time limit', async () => {
      const center = new RedisControl(await rig.openLink(), { publishTimeoutMs: 200 });
      await new RedisControl(await rig.openLink(), { publishTimeoutMs: 200 }).serve(() => ({
        channels: {},
      }));
      const deaf = await rig.openLink();
      await deaf.subscriber.subscribe('nw:control', () => undefined);
      await expect(center.request({ method: 'channels' })).rejects.toThrow(
        'internal error: 1 of 2 edges answered within 200 ms, try again',
      );
    });
  });

  test('the inlet hears plain PUBLISH on news:*', async () => {
    const link = await rig.openLink();
    const heard: string[][] = [];
    await openRedisInlet(link, (channel, text) => heard.push([channel, text]));
    await rig.redis.cli('PUBLISH', 'news:77707', 'a plain text');
    await rig.redis.cli('PUBLISH', 'other:1', 'not ours');
    await rig.redis.cli('PUBLISH', 'news:odd name', '');
    await until('both', () => heard.length === 2);
    expect(heard).toEqual([
      ['77707', 'a plain text'],
      ['odd name', ''],
    ]);
  });
});
