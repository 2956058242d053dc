import { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  isRecord,
  ProtocolError,
  readJsonBytes,
  toBase64Line,
  type Command as ClientCommand,
  type JsonLine,
} from '@newswire/protocol';
import { readCommand } from '../centrifuge/commands.js';
import { decodeMessage, type Members } from './messages.js';
import { Command, EmulationRequest } from './schema.js';

const PONG: readonly ClientCommand[] = [{ type: 'pong' }];

/** Decodes a frame to its commands, each after its length. Throws ProtocolError only. */
export function decodeFrame(frame: Uint8Array): readonly ClientCommand[] {
  // An empty command, the answer to each ping.
  if (frame.length === 1 && frame[0] === 0) return PONG;
  return splitFrame(frame).flatMap(decodeCommand);
}

/** The body of a request to `/emulation`. Undefined if it is none. */
export function decodeEmulation(body: Uint8Array): Members | undefined {
  try {
    return decodeMessage(EmulationRequest, body);
  } catch {
    return undefined;
  }
}

function splitFrame(frame: Uint8Array): Members[] {
  try {
    const reader = new BinaryReader(frame);
    const messages: Members[] = [];
    while (reader.pos < reader.len) messages.push(decodeMessage(Command, reader.bytes()));
    return messages;
  } catch {
    const form = 'a frame must contain Protobuf commands, each after its length';
    throw new ProtocolError('badRequest', form);
  }
}

function decodeCommand({ id, ...commands }: Members): readonly ClientCommand[] {
  const methods = Object.keys(commands);
  const [method = ''] = methods;
  if (methods.length === 0 && !id) return PONG;
  const params = commands[method];
  const bytes = isRecord(params) ? params['data'] : undefined;
  let isBase64 = false;
  const readData = (): JsonLine | undefined => {
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) return undefined;
    const line = readJsonBytes(bytes);
    isBase64 = line === undefined;
    if (isBase64 && method !== 'publish') throw new ProtocolError('badRequest', 'data is not JSON');
    return line ?? toBase64Line(bytes);
  };
  const command = readCommand(id, methods, params, readData);
  return [isBase64 && command.type === 'publish' ? { ...command, isBase64 } : command];
}
