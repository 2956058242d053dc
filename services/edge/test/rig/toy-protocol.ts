import {
  checkChannelOrWildcard,
  closesAfterRefusals,
  closesAtGap,
  connectsByFirstCommand,
  FROM_NOW,
  joinBytes,
  ProtocolError,
  type Codec,
  type Command,
  type Frame,
  type Protocol,
  type Publication,
  type Reply,
} from '@newswire/protocol';
import type { ProtocolModule } from '../../src/protocols/protocol-module.js';

// A binary protocol for tests. A frame has one or more messages: their length in four bytes, their
// kind in one, and their content.

const HEAD_BYTES = 5;

const KINDS = { subscribe: 1, unsubscribe: 2, subscribed: 3, publication: 4, error: 5 } as const;

export type ToyKind = keyof typeof KINDS;

/** One message; content is text in UTF-8. */
export function encodeToyMessage(kind: ToyKind, content: string, offset?: number): Uint8Array {
  const text = Buffer.from(content);
  const head = Buffer.alloc(offset === undefined ? HEAD_BYTES : HEAD_BYTES + 4);
  head.writeUInt32BE(head.length - HEAD_BYTES + text.length, 0);
  head.writeUInt8(KINDS[kind], 4);
  if (offset !== undefined) head.writeUInt32BE(offset, HEAD_BYTES);
  return Buffer.concat([head, text]);
}

export interface ToyMessage {
  readonly kind: ToyKind;
  readonly content: Buffer;
}

/** The messages of a frame. Throws ProtocolError if it is cut off or has an unknown kind. */
export function readToyMessages(frame: Frame): ToyMessage[] {
  if (typeof frame === 'string') throw new ProtocolError('badRequest', 'text is not understood');
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const messages: ToyMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + HEAD_BYTES > bytes.length) throw new ProtocolError('badRequest', 'a head is cut off');
    const start = at + HEAD_BYTES;
    const end = start + bytes.readUInt32BE(at);
    const code = bytes.readUInt8(at + 4);
    const [kind] = (Object.keys(KINDS) as ToyKind[]).filter((name) => KINDS[name] === code);
    if (kind === undefined) throw new ProtocolError('badRequest', 'unknown kind');
    if (end > bytes.length) throw new ProtocolError('badRequest', 'a message is cut off');
    messages.push({ kind, content: bytes.subarray(start, end) });
    at = end;
  }
  return messages;
}

/** The number and the data of a message with a publication. */
export function readToyPublication({ content }: ToyMessage): { offset: number; data: string } {
  return { offset: content.readUInt32BE(0), data: content.toString('utf8', 4) };
}

export const toyCodec: Codec<Uint8Array> = {
  name: 'toy',
  decode: (frame) => readToyMessages(frame).map(decode),
  encodePublication: (_, { offset, data }: Publication) =>
    encodeToyMessage('publication', data, offset),
  encodeReply,
  joinFrames: joinBytes,
};

const toyProtocol: Protocol = {
  name: 'toy',
  codec: toyCodec,
  connecting: connectsByFirstCommand,
  gaps: closesAtGap,
  refusals: closesAfterRefusals(3),
};

/** Everything that the protocol adds to an edge. */
export const toy: ProtocolModule = { protocol: toyProtocol, webSockets: [{ path: '/toy' }] };

function decode({ kind, content }: ToyMessage): Command {
  const channel = content.toString('utf8');
  checkChannelOrWildcard(channel);
  if (kind === 'subscribe') return { type: kind, id: 1, requests: [{ channel, since: FROM_NOW }] };
  if (kind === 'unsubscribe') return { type: kind, id: 1, channels: [channel] };
  throw new ProtocolError('badRequest', `${kind} is no command`);
}

function encodeReply(reply: Reply): Uint8Array | undefined {
  switch (reply.type) {
    case 'subscribed':
      return encodeToyMessage('subscribed', reply.channel);
    case 'error':
      return encodeToyMessage('error', reply.error.message);
    default:
      return undefined;
  }
}
