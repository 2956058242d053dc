import {
  isRecord,
  ProtocolError,
  rawMember,
  toJsonLine,
  type Command,
  type JsonLine,
} from '@newswire/protocol';
import { notACommand, readCommand } from './commands.js';

/** Decodes a frame to its commands, one per line. */
export function decodeFrame(text: string): Command[] {
  // Splitting a text of one line costs more than decoding it.
  return text.includes('\n') ? text.split('\n').flatMap(decodeLine) : decodeLine(text);
}

/** Decodes one line of a frame. An empty line has no command. */
function decodeLine(line: string): Command[] {
  if (line === '' || line.trim() === '') return [];
  const command = toObject(line);
  const methods = findMethods(command);
  const [method] = methods;
  if (method === undefined && !hasId(command)) return [{ type: 'pong' }];
  const params = command[method ?? ''] ?? {};
  const readData = () => sliceData(line, method ?? '', params);
  return [readCommand(command['id'], methods, params, readData)];
}

/** The members that name a command. If there are several, those that are null are ignored. */
function findMethods(command: Readonly<Record<string, unknown>>): string[] {
  const named = Object.keys(command).filter((key) => key !== 'id');
  return named.length < 2 ? named : named.filter((key) => command[key] !== null);
}

function hasId({ id }: Readonly<Record<string, unknown>>): boolean {
  return id !== undefined && id !== null;
}

function toObject(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new ProtocolError('badRequest', 'a frame must contain JSON objects, one per line');
  }
  if (!isRecord(value)) throw notACommand();
  return value;
}

/**
 * The data as its sender wrote it. Parsing and writing it again would change a long number, but not
 * a string.
 */
function sliceData(line: string, method: string, params: unknown): JsonLine | undefined {
  if (typeof params !== 'object' || params === null || !('data' in params)) return undefined;
  if (typeof params.data === 'string') return toJsonLine(params.data);
  const text = rawMember(line, method);
  return text === undefined ? undefined : rawMember(text, 'data');
}
