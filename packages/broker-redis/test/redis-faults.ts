import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Faults } from '@newswire/broker/contract';
import type { RedisRig } from './redis-rig.js';

/** Implements the contract's faults on a real redis-server. */
export function redisFaults(rig: RedisRig): Faults {
  let directory = '';
  const kept = () => join(directory, 'kept');
  const used = () => join(directory, 'appendonlydir');

  return {
    async restart(signal) {
      await rig.redis.stop(signal);
      await rig.redis.start();
    },
    // Answered publications are in the file by then: Redis writes before it answers.
    async remember() {
      directory = (await rig.redis.cli('CONFIG', 'GET', 'dir')).split('\n')[1] ?? '';
      await rm(kept(), { recursive: true, force: true });
      await cp(used(), kept(), { recursive: true });
    },
    async rollBack() {
      await rig.redis.stop('SIGKILL');
      await rm(used(), { recursive: true });
      await cp(kept(), used(), { recursive: true });
      await rig.redis.start();
    },
    async flush() {
      await rig.redis.cli('FLUSHALL');
    },
    async cut() {
      await rig.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    },
  };
}
