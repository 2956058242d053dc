import {
  connectsByCommand,
  joinText,
  ProtocolError,
  repliesToEach,
  resubscribesAfterGap,
  type Codec,
  type Command,
  type Frame,
  type Protocol,
} from '@newswire/protocol';
import { decodeFrame } from './decode.js';
import { encodeDelta, encodePublication, encodeReply, encodeWhole } from './encode.js';
import { RecentFrames } from './recent-frames.js';

/** Clients that reconnect together send equal frames, and all their pongs are equal. */
const recentFrames = new RecentFrames(decodeFrame);

/**
 * The codec of Centrifuge's JSON protocol: objects, several to a frame, joined by newlines. A reply
 * needs the id of its command. Text that is not a command has none, so its whole frame is refused.
 */
export const centrifugeCodec: Codec<string> = {
  name: 'centrifuge',
  decode,
  encodePublication,
  encodeReply,
  joinFrames: (frames, maxBytes) => joinText(frames, '\n', maxBytes),
};

/** Deltas from the previous publication, if they are shorter. */
const deltaCodec: Codec<string> = {
  ...centrifugeCodec,
  name: 'centrifuge-delta',
  encodePublication: encodeDelta,
};

/** The first publication of a subscription with deltas has no previous one. */
const wholeCodec: Codec<string> = {
  ...centrifugeCodec,
  name: 'centrifuge-whole',
  encodePublication: encodeWhole,
  next: deltaCodec,
};

export const centrifugeProtocol: Protocol = {
  name: 'centrifuge',
  codec: centrifugeCodec,
  deltas: wholeCodec,
  connecting: connectsByCommand,
  gaps: resubscribesAfterGap,
  refusals: repliesToEach,
};

function decode(frame: Frame): readonly Command[] {
  if (typeof frame === 'string') return recentFrames.decode(frame);
  // Centrifuge's Protobuf protocol uses binary frames.
  throw new ProtocolError('notAvailable', 'Protobuf');
}
