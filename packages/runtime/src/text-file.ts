import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';

/**
 * Reads a text file as UTF-8, without a byte order mark. Returns undefined if the file does not
 * exist. Throws ConfigError if it cannot be read, or is not UTF-8.
 */
export function readTextFile(file: string): string | undefined {
  const bytes = readBytes(file);
  return bytes && decodeText(bytes, file);
}

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const hint = code === 'EACCES' ? ` Its mode must let newswire's user read it (chmod a+r).` : '';
    throw new ConfigError([`${file} cannot be read: ${message}.${hint}`]);
  }
}

/**
 * The text without its byte order mark. Throws ConfigError for other encodings: a parser would find
 * no settings in them, and their protection would be lost silently.
 */
export function decodeText(bytes: Buffer, name: string): string {
  const fault = encodingFault(bytes);
  if (fault === undefined) return new TextDecoder().decode(bytes);
  throw new ConfigError([`${name} is not UTF-8 text: ${fault}. Save it as UTF-8.`]);
}

function encodingFault(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return 'it is UTF-16, which PowerShell writes by default';
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) return `there is a NUL byte in ${decodeLine(bytes, nul)}, as in UTF-16`;
  if (isUtf8(bytes)) return undefined;
  return `there is another encoding in ${decodeLine(bytes, firstBadByte(bytes))}`;
}

function decodeLine(bytes: Buffer, end: number): string {
  return `line ${bytes.subarray(0, end).filter((byte) => byte === 0x0a).length + 1}`;
}

/** The start of the first line that is not UTF-8. No character extends over the end of a line. */
function firstBadByte(bytes: Buffer): number {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return start;
    start = end + 1;
  }
}
