import type { Wire } from './wire.js';
import { decodeFrame } from './wire-centrifuge-decode.js';
import { RecentFrames } from './recent-frames.js';
import { encode, encodeDelta, encodeReply, encodeWhole } from './wire-centrifuge-encode.js';

/** Clients that come back together say the same, word for word, and all answer pings alike. */
const recentFrames = new RecentFrames(decodeFrame);

/**
 * Centrifuge's JSON protocol: objects, several to a frame, joined by newlines. What is not a
 * command at all cannot be answered, as an answer needs its id: the frame is refused whole.
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

/** Differences from the publication before, where they are shorter. */
const deltaWire: Wire = { ...PLAIN, name: 'centrifuge-delta', index: 4, encode: encodeDelta };

/** The first publication of a subscription with differences has none before it. */
const firstDeltaWire: Wire = {
  ...PLAIN,
  name: 'centrifuge-whole',
  index: 2,
  encode: encodeWhole,
  afterFirst: deltaWire,
};

export const centrifugeWire: Wire = { ...PLAIN, delta: firstDeltaWire };
