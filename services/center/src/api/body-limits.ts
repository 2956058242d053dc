import type { MethodName } from './shapes/index.js';

/** Names, keys and tags beside the data. */
const BESIDE_DATA = 32_768;

/** A thousand channel names. */
const BROADCAST_NAMES = 262_144;

/** With the default settings, what Nginx lets through. */
const BATCH_ROOM = 1_572_864;

/** How many bytes a request of a method may have: JSON may escape each byte of its data as six. */
export function maxBodyBytesOf(method: MethodName, maxDataBytes: number): number {
  const one = maxDataBytes * 6 + BESIDE_DATA;
  if (method === 'batch') return one + BATCH_ROOM;
  return method === 'broadcast' ? one + BROADCAST_NAMES : one;
}
