import { isUtf8 } from 'node:buffer';
import { ProtocolError, rawMember, toJsonLine, type JsonLine } from '@newswire/protocol';

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

function written({ name, value }: DataField, text: string): JsonLine | undefined {
  return typeof value === 'string' ? toJsonLine(value) : rawMember(text, name);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function decoded({ name, value, b64Name }: DataField, base64: string): JsonLine {
  if (value !== undefined && value !== null) {
    throw new ProtocolError('badRequest', `${name} and ${b64Name} exclude each other`);
  }
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) {
    throw new ProtocolError('badRequest', `${b64Name} is not base64`);
  }
  const bytes = Buffer.from(base64, 'base64');
  if (!isUtf8(bytes)) throw new ProtocolError('badRequest', `${b64Name} is not base64 of UTF-8`);
  return parseDataLine(bytes.toString(), b64Name);
}

function parseDataLine(json: string, b64Name: string): JsonLine {
  try {
    JSON.parse(json);
  } catch {
    throw new ProtocolError('badRequest', `${b64Name} is not base64 of JSON`);
  }
  // A JSON string cannot contain a raw line break, so all line breaks are between tokens.
  return json.trim().replace(/[\r\n]/g, ' ');
}

/** Throws error 106 if the data's JSON text has more UTF-8 bytes than are allowed. */
export function checkDataSize(data: JsonLine, maxDataBytes: number): void {
  const bytes = Buffer.byteLength(data);
  if (bytes <= maxDataBytes) return;
  const detail = `data has ${bytes} bytes as JSON, ${maxDataBytes} are allowed`;
  throw new ProtocolError('limitExceeded', detail);
}
