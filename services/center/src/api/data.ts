import { isUtf8 } from 'node:buffer';
import {
  ProtocolError,
  rawMember,
  readJsonBytes,
  toBase64Line,
  toJsonLine,
  type JsonLine,
} from '@newswire/protocol';

/** A value that a request contains as JSON or, under another name, as base64 of JSON. */
export interface DataField {
  readonly name: string;
  readonly value: unknown;
  readonly b64Name: string;
  readonly base64: string | null | undefined;
}

/**
 * Returns the value as one line of JSON, as it was written; undefined if it is absent. `text` is
 * the request's JSON text. Throws 107 for base64 of anything but JSON, 106 for more than
 * `maxBytes`.
 */
export function parseData(field: DataField, text: string, maxBytes: number): JsonLine | undefined {
  const line = field.base64 ? decoded(field, field.base64) : written(field, text);
  if (line !== undefined) checkDataSize(line, maxBytes);
  return line;
}

/** A publication's data. `isBase64`: bytes that are not JSON, as a JSON string of their base64. */
export interface PublicationData {
  readonly line: JsonLine;
  readonly isBase64: boolean;
}

/** The same for the data of a publication, which may be any bytes. */
export function parsePublicationData(
  field: DataField,
  text: string,
  maxBytes: number,
): PublicationData | undefined {
  if (!field.base64) {
    const line = parseData(field, text, maxBytes);
    return line === undefined ? undefined : { line, isBase64: false };
  }
  const bytes = decodeBase64(field, field.base64);
  const json = readJsonBytes(bytes);
  const line = json ?? toBase64Line(bytes);
  checkDataSize(line, maxBytes);
  return { line, isBase64: json === undefined };
}

function written({ name, value }: DataField, text: string): JsonLine | undefined {
  return typeof value === 'string' ? toJsonLine(value) : rawMember(text, name);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function decoded(field: DataField, base64: string): JsonLine {
  const { b64Name } = field;
  const bytes = decodeBase64(field, base64);
  const line = readJsonBytes(bytes);
  if (line !== undefined) return line;
  const content = isUtf8(bytes) ? 'JSON' : 'UTF-8';
  throw new ProtocolError('badRequest', `${b64Name} is not base64 of ${content}`);
}

function decodeBase64({ name, value, b64Name }: DataField, base64: string): Buffer {
  if (value !== undefined && value !== null) {
    throw new ProtocolError('badRequest', `${name} and ${b64Name} exclude each other`);
  }
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) {
    throw new ProtocolError('badRequest', `${b64Name} is not base64`);
  }
  return Buffer.from(base64, 'base64');
}

/** Throws error 106 if the data's JSON text has more UTF-8 bytes than are allowed. */
export function checkDataSize(data: JsonLine, maxDataBytes: number): void {
  const bytes = Buffer.byteLength(data);
  if (bytes <= maxDataBytes) return;
  const detail = `data has ${bytes} bytes as JSON, ${maxDataBytes} are allowed`;
  throw new ProtocolError('limitExceeded', detail);
}
