import type { JsonLine } from '@newswire/protocol';
import type { RingPublication } from '../channel/ring.js';

/** The most bytes of a reply that lists publications or subscriptions, without the list. */
export const REPLY_BYTES = 1024;

/**
 * The most bytes of a listed publication, without its data and the fields that its publisher added.
 */
export const LISTED_BYTES = 48;

/**
 * The most bytes of a subscription in a reply, without its channel's name, data and publications.
 */
const START_BYTES = 320;

/** The most UTF-8 bytes that a subscription takes in a reply, without its publications. */
export function startBytes(channel: string, data: JsonLine | undefined): number {
  return START_BYTES + channel.length + (data === undefined ? 0 : Buffer.byteLength(data));
}

/**
 * The most UTF-8 bytes that these publications take in a reply. `asStrings`: the reply has their
 * data as JSON strings. At most this doubles JSON text on one line, because only quotes,
 * backslashes and tabs are escaped.
 */
export function listedBytes(publications: readonly RingPublication[], asStrings: boolean): number {
  let bytes = 0;
  for (const each of publications) bytes += LISTED_BYTES + (asStrings ? 2 : 1) * each.bytes;
  return bytes;
}
