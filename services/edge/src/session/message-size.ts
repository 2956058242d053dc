import type { JsonLine } from '@newswire/protocol';
import type { Entry } from '../streams/entry.js';

/** Of a reply that lists publications or subscriptions, beside those. */
export const REPLY_BYTES = 1024;

/** Of a listed publication, beside its data and what its publisher has put next to that. */
export const LISTED_BYTES = 48;

/** Of a subscription in a reply, beside its channel's name, its data and its publications. */
const START_BYTES = 320;

/** The most UTF-8 bytes that a subscription takes in a reply, without its publications. */
export function startBytes(channel: string, data: JsonLine | undefined): number {
  return START_BYTES + channel.length + (data === undefined ? 0 : Buffer.byteLength(data));
}

/**
 * The most UTF-8 bytes that these publications take in a reply. `asStrings`: their data stands there
 * as JSON strings. JSON text on one line at most doubles then: only quotes, backslashes and tabs
 * are escaped.
 */
export function listedBytes(entries: readonly Entry[], asStrings: boolean): number {
  let bytes = 0;
  for (const entry of entries) bytes += LISTED_BYTES + (asStrings ? 2 : 1) * entry.bytes;
  return bytes;
}
