import type { MethodName } from './shapes/index.js';

/** Room for names, keys and tags, in addition to the data. */
const BESIDE_DATA = 32_768;

/** Room for a thousand channel names. */
const BROADCAST_NAMES = 262_144;

/** With the default settings, the limit of Nginx. */
const BATCH_ROOM = 1_572_864;

/** Maximum bytes of a method's request. JSON may escape each byte of the data as six bytes. */
export function computeMaxBodyBytes(method: MethodName, maxDataBytes: number): number {
  const one = maxDataBytes * 6 + BESIDE_DATA;
  if (method === 'batch') return one + BATCH_ROOM;
  return method === 'broadcast' ? one + BROADCAST_NAMES : one;
}
