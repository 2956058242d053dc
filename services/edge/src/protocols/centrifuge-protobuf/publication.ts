import {
  getDataBytes,
  getSourceChannel,
  isWildcard,
  rawMembers,
  type JsonLine,
  type Publication as ChannelPublication,
} from '@newswire/protocol';
import { encodeMessage, type Members } from './messages.js';
import { Publication } from './schema.js';

// Tags of Protobuf: a field's number and wire type. All numbers here are below 16, so each is one
// byte.
const REPLY_PUSH = (4 << 3) | 2;
const PUSH_CHANNEL = (2 << 3) | 2;
const PUSH_PUB = (4 << 3) | 2;
const PUB_DATA = (4 << 3) | 2;
const PUB_OFFSET = 6 << 3;

/** The frame of a publication: a reply after its length. */
export function encodePublication(channel: string, publication: ChannelPublication): Uint8Array {
  const { data, offset, extra } = publication;
  if (extra !== undefined) {
    const isNamed = isWildcard(channel);
    return encodePush(channel, encodeMembers(toMembers(publication, isNamed)));
  }
  const dataBytes = Buffer.byteLength(data);
  const pubBytes = 1 + varintBytes(dataBytes) + dataBytes + 1 + varintBytes(offset);
  const { frame, at } = beginPush(channel, pubBytes);
  frame[at] = PUB_DATA;
  const start = writeVarint(frame, dataBytes, at + 1);
  frame.write(data, start);
  frame[start + dataBytes] = PUB_OFFSET;
  writeVarint(frame, offset, start + dataBytes + 1);
  return frame;
}

/** The frame of a publication whose message is encoded already. */
export function encodePush(channel: string, pub: Uint8Array): Uint8Array {
  const { frame, at } = beginPush(channel, pub.length);
  frame.set(pub, at);
  return frame;
}

/** The message of a publication, as replies list it. */
export function encodePub(publication: ChannelPublication): Uint8Array {
  return encodeMembers(toMembers(publication, false));
}

export function encodeMembers(members: Members): Uint8Array {
  return encodeMessage(Publication, members);
}

/**
 * The members of a publication's message. `isNamed`: with the channel to which it was published, for
 * the subscriber of a wildcard.
 */
export function toMembers(publication: ChannelPublication, isNamed: boolean): Members {
  const { offset, extra } = publication;
  const data = getDataBytes(publication);
  if (extra === undefined) return { data, offset };
  const members = rawMembers(`{${extra}}`);
  const channel = isNamed ? getSourceChannel(publication) : '';
  const tags = JSON.parse(members.get('tags') ?? '{}') as Readonly<Record<string, string>>;
  const all = new Map(Object.entries(tags));
  // Libraries pass tags on to the application, but not the channel.
  if (channel !== '') all.set('channel', channel);
  return { data, info: toInfo(members.get('info')), offset, tags: all, channel };
}

/** The message of a client's info, from its JSON text. */
function toInfo(line: JsonLine | undefined): Members | undefined {
  if (line === undefined) return undefined;
  const { user, client } = JSON.parse(line) as { readonly user?: string; readonly client?: string };
  const members = rawMembers(line);
  const bytes = (name: string) => {
    const json = members.get(name);
    return json === undefined ? undefined : Buffer.from(json);
  };
  return { user, client, conn_info: bytes('conn_info'), chan_info: bytes('chan_info') };
}

/** A frame up to its publication, which is to be written at `at`. */
function beginPush(channel: string, pubBytes: number): { frame: Buffer; at: number } {
  // Channel names are ASCII.
  const channelBytes = channel.length;
  const pushBytes =
    1 + varintBytes(channelBytes) + channelBytes + 1 + varintBytes(pubBytes) + pubBytes;
  const replyBytes = 1 + varintBytes(pushBytes) + pushBytes;
  const frame = Buffer.allocUnsafe(varintBytes(replyBytes) + replyBytes);
  let at = writeVarint(frame, replyBytes, 0);
  frame[at] = REPLY_PUSH;
  at = writeVarint(frame, pushBytes, at + 1);
  frame[at] = PUSH_CHANNEL;
  at = writeVarint(frame, channelBytes, at + 1);
  frame.write(channel, at, 'latin1');
  at += channelBytes;
  frame[at] = PUSH_PUB;
  at = writeVarint(frame, pubBytes, at + 1);
  return { frame, at };
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Returns the index after it. */
function writeVarint(frame: Buffer, value: number, start: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    frame[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  frame[at++] = rest;
  return at;
}
