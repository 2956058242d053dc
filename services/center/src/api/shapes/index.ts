import { BATCH } from './batch.js';
import type { MethodShape } from './method-shape.js';
import { BROADCAST, PUBLISH } from './publishing.js';
import { CHANNELS, HISTORY, HISTORY_REMOVE, INFO, PRESENCE, PRESENCE_STATS } from './reading.js';
import {
  BLOCK_USER,
  DISCONNECT,
  REFRESH,
  SUBSCRIBE,
  UNBLOCK_USER,
  UNSUBSCRIBE,
} from './sessions.js';

/** All methods of the server API. */
export const SHAPES = {
  publish: PUBLISH,
  broadcast: BROADCAST,
  batch: BATCH,
  subscribe: SUBSCRIBE,
  unsubscribe: UNSUBSCRIBE,
  disconnect: DISCONNECT,
  refresh: REFRESH,
  block_user: BLOCK_USER,
  unblock_user: UNBLOCK_USER,
  presence: PRESENCE,
  presence_stats: PRESENCE_STATS,
  history: HISTORY,
  history_remove: HISTORY_REMOVE,
  channels: CHANNELS,
  info: INFO,
} as const satisfies Record<string, MethodShape<never> | MethodShape>;

export type MethodName = keyof typeof SHAPES;
