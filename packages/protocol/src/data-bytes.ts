import { isUtf8 } from 'node:buffer';
import { toJsonLine, type JsonLine, type Publication } from './publication.js';
import { rawMember } from './raw-member.js';

/**
 * The member of a publication, next to its data, that marks bytes that are not JSON: its data is a
 * JSON string of their base64.
 */
export const BASE64_MARK = '"b64":true';

/**
 * The JSON text that bytes are, as one line: without space around it, and with spaces for the line
 * breaks between its tokens. Undefined if the bytes are not JSON text in UTF-8.
 */
export function readJsonBytes(bytes: Uint8Array): JsonLine | undefined {
  if (!isUtf8(bytes)) return undefined;
  const json = toBuffer(bytes).toString('utf8');
  try {
    JSON.parse(json);
  } catch {
    return undefined;
  }
  // A JSON string cannot contain a raw line break, so all line breaks are between tokens.
  return json.trim().replace(/[\r\n]/g, ' ');
}

/** The data of a publication of bytes that are not JSON. It needs the mark. */
export function toBase64Line(bytes: Uint8Array): JsonLine {
  return toJsonLine(toBuffer(bytes).toString('base64'));
}

/** Whether a publication's data are bytes that are not JSON. */
export function hasBase64Data({ extra }: Pick<Publication, 'extra'>): boolean {
  // A client's info may contain the mark too, so the member is read if the text has it at all.
  if (extra === undefined || !extra.includes(BASE64_MARK)) return false;
  return rawMember(`{${extra}}`, 'b64') === 'true';
}

/** A publication's data as bytes: those that were published, or its JSON text. */
export function getDataBytes(publication: Publication): Buffer {
  const { data } = publication;
  return hasBase64Data(publication)
    ? Buffer.from(JSON.parse(data) as string, 'base64')
    : Buffer.from(data);
}

/** The same bytes; they are not copied. */
function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
