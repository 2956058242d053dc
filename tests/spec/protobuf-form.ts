import {
  decodeReplies,
  encodeCommands,
  type ProtoMembers,
} from '../../services/edge/test/rig/protobuf.js';
import type { FrameForm } from './peers.js';

const BASE64 = 'base64:';

/** Members that are bytes. */
const BYTES = new Set(['data', 'conn_info', 'chan_info']);

/** Protobuf messages as the JSON of their members, one a line. */
export const protobufForm: FrameForm = {
  encode: (text) => {
    const commands = text.split('\n').map((line) => JSON.parse(line, toBytes) as ProtoMembers);
    return encodeCommands(...commands);
  },
  decode: (frame) => decodeReplies(frame).map((reply) => JSON.stringify(toJson(reply))),
};

function toBytes(name: string, value: unknown): unknown {
  if (!BYTES.has(name)) return value;
  if (typeof value === 'string' && value.startsWith(BASE64)) {
    return Buffer.from(value.slice(BASE64.length), 'base64');
  }
  return Buffer.from(JSON.stringify(value));
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return fromBytes(Buffer.from(value));
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each)]));
}

function fromBytes(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return `${BASE64}${bytes.toString('base64')}`;
  }
}
