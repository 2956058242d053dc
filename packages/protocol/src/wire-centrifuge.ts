import type { Wire } from './wire.js';
import { decodeFrame } from './wire-centrifuge-decode.js';
import { RecentFrames } from './recent-frames.js';
import { encode, encodeDelta, encodeReply, encodeWhole } from './wire-centrifuge-encode.js';

/** Clients that reconnect together send equal frames, and all their pongs are equal. */
const recentFrames = new RecentFrames(decodeFrame);

/**
 * Centrifuge's JSON protocol: objects, several to a frame, joined by newlines. A reply needs the id
 * of its command. Text that is not a command has none, so its whole frame is refused.
 */
const PLAIN: Wire = {
  name: 'centrifuge',
  index: 1,
  connects: true,
  hasPositions: true,
  joint: '\n',
  pingFrame: '{}',
  maxRefusals: Infinity,
  decode: (text) => recentFrames.decode(text),
  encode,
  encodeReply,
};

/** Deltas from the previous publication, if they are shorter. */
const deltaWire: Wire = { ...PLAIN, name: 'centrifuge-delta', index: 4, encode: encodeDelta };

/** The first publication of a subscription with deltas has no previous one. */
const firstDeltaWire: Wire = {
  ...PLAIN,
  name: 'centrifuge-whole',
  index: 2,
  encode: encodeWhole,
  afterFirst: deltaWire,
};

export const centrifugeWire: Wire = { ...PLAIN, delta: firstDeltaWire };
