import { isUtf8 } from 'node:buffer';
import { errorReply, type HttpReply, type HttpRequest } from './http.js';

export type RequestBody = Pick<HttpRequest, 'body' | 'bytes'>;

export const NO_BODY: RequestBody = { body: '' };

/** Some editors and libraries put this mark before UTF-8 text. It is not part of the text. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Collects a body. Text that arrives in one chunk, as most does, is never copied as bytes. */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #isBinary: boolean;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** The whole body, after its last chunk. */
  body: RequestBody = NO_BODY;

  /** `isBinary`: the body may be any bytes. */
  constructor(maxBytes: number, isBinary = false) {
    this.#maxBytes = maxBytes;
    this.#isBinary = isBinary;
  }

  /** Returns a reply if the body is refused. */
  add(chunk: ArrayBuffer, isLast: boolean): HttpReply | undefined {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) {
      this.#chunks.length = 0;
      return errorReply(413, 'limitExceeded', `a body may have at most ${this.#maxBytes} bytes`);
    }
    if (!isLast || this.#isBinary) {
      this.#chunks.push(Buffer.from(chunk.slice(0)));
      if (isLast) this.body = { body: '', bytes: Buffer.concat(this.#chunks) };
      return undefined;
    }
    const last = Buffer.from(chunk);
    const body = this.#chunks.length === 0 ? last : Buffer.concat([...this.#chunks, last]);
    const fault = encodingFault(body);
    if (fault !== undefined) return errorReply(400, 'badRequest', fault);
    const text = body.toString('utf8');
    this.body = { body: text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
    return undefined;
  }
}

function encodingFault(body: Buffer): string | undefined {
  if (isUtf16(body)) return 'the body is UTF-16 and must be UTF-8';
  return isUtf8(body) ? undefined : 'the body is not valid UTF-8';
}

/**
 * Detects UTF-16 by its byte order mark, or by the zero byte of its first character, which no JSON
 * text in UTF-8 begins with.
 */
function isUtf16([first, second]: Buffer): boolean {
  if (first === undefined || second === undefined) return false;
  return first + second === 0xff + 0xfe || (first === 0) !== (second === 0);
}
