import { redisOn, SERVER_CORE, type Program } from '@newswire/load-harness';
import { nodePeer } from './peer-packages.js';

export type Recovers = 'recovers' | 'forgets';

/** One process, all in its memory; with connection state recovery or without. */
export function inMemory(port: number, recovers: Recovers): readonly Program[] {
  return [nodePeer('socket-io', port, recovers === 'recovers' ? { RECOVERY: 'on' } : {})];
}

/** A server whose events go through a Redis stream, and that Redis, on one core. */
export function overRedis(port: number, redis: number): readonly Program[] {
  const env = { REDIS_URL: `redis://127.0.0.1:${redis}`, RECOVERY: 'on' };
  return [redisOn(SERVER_CORE, redis), nodePeer('socket-io', port, env)];
}
