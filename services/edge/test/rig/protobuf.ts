import { readFileSync } from 'node:fs';
import { toBytes, type Frame } from '@newswire/protocol';
import protobuf from 'protobufjs';

// Messages of Centrifuge's Protobuf protocol, as another library reads client.proto.

const PROTO = new URL('../../src/protocols/centrifuge-protobuf/client.proto', import.meta.url);

export const { root: PROTO_ROOT } = protobuf.parse(readFileSync(PROTO, 'utf8'), {
  keepCase: true,
});

const Command = PROTO_ROOT.lookupType('Command');
const Reply = PROTO_ROOT.lookupType('Reply');
const Emulation = PROTO_ROOT.lookupType('EmulationRequest');

/** A message's members, with the names of the JSON format. */
export type ProtoMembers = Readonly<Record<string, unknown>>;

/** A client's frame with these commands. Their data are bytes. */
export function encodeCommands(...commands: readonly ProtoMembers[]): Buffer {
  const frames = commands.map((each) => Command.encodeDelimited(Command.create(each)).finish());
  return Buffer.concat(frames);
}

export function encodeEmulation(request: ProtoMembers): Buffer {
  return Buffer.from(Emulation.encode(Emulation.create(request)).finish());
}

/** The replies in a frame. Bytes are Buffers; absent members are absent. */
export function decodeReplies(frame: Frame): ProtoMembers[] {
  const reader = protobuf.Reader.create(Buffer.from(toBytes(frame)));
  const replies: ProtoMembers[] = [];
  while (reader.pos < reader.len) {
    const reply = Reply.decodeDelimited(reader);
    replies.push(Reply.toObject(reply, { longs: Number }));
  }
  return replies;
}

/** The same members with their bytes as the JSON values that they are. */
export function withJsonData(value: unknown): unknown {
  if (value instanceof Uint8Array) return JSON.parse(Buffer.from(value).toString()) as unknown;
  if (Array.isArray(value)) return value.map(withJsonData);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, each]) => [name, withJsonData(each)] as const);
  return Object.fromEntries(members);
}

/** A publication in a pushed reply. */
export interface ProtoPublication {
  readonly data: Buffer;
  readonly offset: number;
  readonly delta?: true;
}

/** The publications that a frame pushes. */
export function decodePushes(frame: Frame): ProtoPublication[] {
  return decodeReplies(frame).map((reply) => {
    return (reply as { readonly push: { readonly pub: ProtoPublication } }).push.pub;
  });
}
