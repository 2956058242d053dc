import {
  decodeReplies,
  encodeCommands,
  encodeEmulation,
  type ProtoMembers,
} from '../../services/edge/test/rig/protobuf.js';
import type { BodyForm, FrameForm } from './peers.js';

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

/** Bodies in Protobuf: commands, or a request to `/emulation` whose data are written as a command. */
export const protobufBody: BodyForm = {
  encode: (text) => {
    const { data, ...request } = JSON.parse(text) as ProtoMembers;
    if (!('session' in request)) return protobufForm.encode(text);
    const commands = Buffer.from(protobufForm.encode(JSON.stringify(data)));
    return encodeEmulation({ ...request, data: commands });
  },
  split: (body) => {
    const end = countWhole(body);
    return { lines: protobufForm.decode(body.subarray(0, end)), rest: body.subarray(end) };
  },
};

/** The length of the whole messages in a body. Each comes after its length, seven bits a byte. */
function countWhole(body: Buffer): number {
  let end = 0;
  for (;;) {
    let at = end;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body[at++];
      if (byte === undefined) return end;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (at + length > body.length) return end;
    end = at + length;
  }
}

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
