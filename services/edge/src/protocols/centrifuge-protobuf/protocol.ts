import {
  connectsByCommand,
  joinBytes,
  ProtocolError,
  repliesToEach,
  resubscribesAfterGap,
  type Codec,
  type Command,
  type Frame,
  type Protocol,
} from '@newswire/protocol';
import { decodeFrame } from './decode.js';
import { encodeDelta, encodeReply } from './encode.js';
import { encodePublication } from './publication.js';

/**
 * The codec of Centrifuge's Protobuf protocol: messages, several to a frame, each after its length.
 * A publication's data are the bytes that were published. A frame with bytes that are not such
 * messages is refused.
 */
export const centrifugeProtobufCodec: Codec<Uint8Array> = {
  name: 'centrifuge-protobuf',
  decode,
  encodePublication,
  encodeReply,
  joinFrames: joinBytes,
};

/** Deltas from the bytes of the previous publication, if they are shorter. */
const deltaCodec: Codec<Uint8Array> = {
  ...centrifugeProtobufCodec,
  name: 'centrifuge-protobuf-delta',
  encodePublication: encodeDelta,
};

/** The first publication of a subscription with deltas has no previous one. */
const wholeCodec: Codec<Uint8Array> = {
  ...centrifugeProtobufCodec,
  name: 'centrifuge-protobuf-whole',
  next: deltaCodec,
};

export const centrifugeProtobufProtocol: Protocol = {
  name: 'centrifuge-protobuf',
  codec: centrifugeProtobufCodec,
  deltas: wholeCodec,
  connecting: connectsByCommand,
  gaps: resubscribesAfterGap,
  refusals: repliesToEach,
};

function decode(frame: Frame): readonly Command[] {
  if (typeof frame !== 'string') return decodeFrame(frame);
  throw new ProtocolError('notAvailable', 'text frames in Protobuf');
}
