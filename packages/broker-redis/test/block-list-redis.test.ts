import { describeBlockListContract } from '@newswire/broker/contract';
import { describe, expect, test } from 'vitest';
import { RedisBlockList } from '../src/index.js';
import { describeOnRedis } from './redis-rig.js';

describeOnRedis((rig) => {
  const open = async () => new RedisBlockList(await rig.openLink(), { publishTimeoutMs: 500 });

  describeBlockListContract('redis', async () => {
    const [center, edge] = await Promise.all([open(), open()]);
    return { center, edge, dispose: async () => void (await rig.redis.cli('FLUSHALL')) };
  });

  describe('block list', () => {
    test('users whose time has passed leave Redis with the next change', async () => {
      const list = await open();
      await list.block('old', Date.now() - 1000);
      await list.block('new', Infinity);
      expect(await rig.redis.cli('ZCARD', 'nw0:blocked')).toBe('1');
    });

    test('paused: a request fails within its time limit, temporarily', async () => {
      const list = await open();
      rig.redis.pause();
      try {
        await expect(list.list()).rejects.toMatchObject({ code: 100, temporary: true });
      } finally {
        rig.redis.resume();
      }
    });
  });
});
