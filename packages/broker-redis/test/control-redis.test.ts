import { describeControlContract } from '@newswire/broker/contract';
import { until } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { openRedisInlet, RedisControl } from '../src/index.js';
import { describeOnRedis } from './redis-rig.js';

describeOnRedis((rig) => {
  describeControlContract('redis', async () => {
    const faults: unknown[] = [];
    const onListenerFault = (error: unknown) => void faults.push(error);
    const open = async () =>
      new RedisControl(await rig.openLink({ onListenerFault }), { publishTimeoutMs: 1000 });
    const [center, one, two] = await Promise.all([open(), open(), open()]);
    return { center, edges: [one, two], faults, dispose: async () => undefined };
  });

  describe('control', () => {
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

    test('after a restart of Redis all edges answer again', async () => {
      const open = async () => new RedisControl(await rig.openLink(), { publishTimeoutMs: 500 });
      const [center, edge] = [await open(), await open()];
      await edge.serve(() => ({ count: 1 }), 'one');
      expect(await center.requestFrom('one', { method: 'info' })).toEqual({ count: 1 });
      await rig.redis.stop('SIGKILL');
      await expect(center.requestFrom('one', { method: 'info' })).rejects.toMatchObject({
        code: 100,
        temporary: true,
      });
      await rig.redis.start();
      const asked = () => center.requestFrom('one', { method: 'info' }).catch(() => undefined);
      await until('an answer', async () => (await asked())?.count === 1);
    });

    test('an edge that does not answer is reported after the time limit', async () => {
      const center = new RedisControl(await rig.openLink(), { publishTimeoutMs: 200 });
      const edge = new RedisControl(await rig.openLink(), { publishTimeoutMs: 200 });
      await edge.serve(() => ({ channels: {} }), 'one');
      const deaf = await rig.openLink();
      await deaf.subscriber.subscribe(['nw0:control', 'nw0:control:deaf'], () => undefined);
      await expect(center.requestFrom('deaf', { method: 'info' })).rejects.toMatchObject({
        code: 100,
        temporary: true,
        message: 'internal error: 0 of 1 edges answered within 200 ms, try again',
      });
      await expect(center.request({ method: 'channels' })).rejects.toThrow(
        'internal error: 1 of 2 edges answered within 200 ms, try again',
      );
    });
  });

  test('the inlet receives plain PUBLISH on news:*', async () => {
    const link = await rig.openLink();
    const received: string[][] = [];
    await openRedisInlet(link, (channel, text) => received.push([channel, text]));
    await rig.redis.cli('PUBLISH', 'news:77707', 'a plain text');
    await rig.redis.cli('PUBLISH', 'other:1', 'not ours');
    await rig.redis.cli('PUBLISH', 'news:odd name', '');
    await until('both', () => received.length === 2);
    expect(received).toEqual([
      ['77707', 'a plain text'],
      ['odd name', ''],
    ]);
  });
});
