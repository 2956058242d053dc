import type * as Uws from 'uWebSockets.js';
import { BodyReader, type RequestBody } from './body-reader.js';
import { errorReply, type HttpReply } from './http.js';

/**
 * The most bytes of a body that are read and dropped before a reply that does not need them. A
 * server that closes a connection on which bytes still arrive resets it, and the client, or the
 * proxy in front, may never receive the reply. Nginx lets through half as much.
 */
const DRAIN_BYTES = 4_194_304;

/** The longest time for which such a body is read. */
const DRAIN_MS = 60_000;

/**
 * If fewer bytes than this arrive in this time, the client has stopped, and the reply is sent
 * before its body has ended. uWebSockets.js would close the connection without a reply a few
 * seconds later.
 */
const PROGRESS_BYTES = 49_152;
const PROGRESS_MS = 3000;

/** Values of Content-Encoding and Transfer-Encoding that leave a body unchanged. */
const IDENTITY = /^(\s*identity\s*(,|$))*$/i;
const CHUNKED = /^(chunked)?$/i;

/** One of the two methods is called, once; neither if the client disconnects. */
export interface BodyHandler {
  handleBody(body: RequestBody): void;
  /** `mustClose`: more of the body may follow, so the connection cannot take another request. */
  handleRefusal(reply: HttpReply, mustClose: boolean): void;
}

/** Whether a body follows the request's headers. */
export function hasBody(request: Uws.HttpRequest): boolean {
  const length = request.getHeader('content-length');
  if (length === '') return request.getHeader('transfer-encoding') !== '';
  return length !== '0';
}

/** Returns a reply if the body has an encoding that newswire does not decode. */
export function encodingRefusal(request: Uws.HttpRequest): HttpReply | undefined {
  const contentEncoding = request.getHeader('content-encoding');
  const transferEncoding = request.getHeader('transfer-encoding');
  if (contentEncoding === '' && transferEncoding === '') return undefined;
  if (!IDENTITY.test(contentEncoding)) {
    const headers = { 'Accept-Encoding': 'identity' };
    return errorReply(415, 'badRequest', 'a body must have no Content-Encoding', headers);
  }
  if (!CHUNKED.test(transferEncoding)) {
    return errorReply(501, 'badRequest', 'the only supported Transfer-Encoding is chunked');
  }
  return undefined;
}

/** Whether a body's type says that it is bytes. */
function isBinaryBody(request: Uws.HttpRequest): boolean {
  return /^application\/octet-stream\s*(;|$)/i.test(request.getHeader('content-type'));
}

/** The properties of a route or an endpoint that say which bodies it accepts. */
export interface BodyLimits {
  readonly maxBodyBytes?: number;
  readonly acceptsBytes?: true;
}

/**
 * Reads a body. A refused body is still read, up to the limits above. Called before the request's
 * handler returns, because its headers are read.
 */
export function readBody(
  response: Uws.HttpResponse,
  request: Uws.HttpRequest,
  { maxBodyBytes = 0, acceptsBytes }: BodyLimits,
  handler: BodyHandler,
): void {
  const reader = new BodyReader(maxBodyBytes, acceptsBytes === true && isBinaryBody(request));
  let drain: Drain | undefined;
  response.onData((chunk, isLast) => {
    if (drain !== undefined) return drain.take(chunk.byteLength, isLast);
    const refusal = reader.add(chunk, isLast);
    if (refusal !== undefined) {
      drain = new Drain((isWhole) => handler.handleRefusal(refusal, !isWhole));
      drain.take(chunk.byteLength, isLast);
    } else if (isLast) {
      handler.handleBody(reader.body);
    }
  });
}

/** Reads a body to its end and drops it. `onEnd(false)`: the body is too long or too slow. */
export function drainBody(response: Uws.HttpResponse, onEnd: (isWhole: boolean) => void): void {
  const drain = new Drain(onEnd);
  response.onData((chunk, isLast) => drain.take(chunk.byteLength, isLast));
}

/** The reply to a body that is too long even to be dropped. */
export function endlessBody(): HttpReply {
  return errorReply(413, 'limitExceeded', 'this request must have no body');
}

/** Counts the dropped bytes of one body, and ends at the limits above at the latest. */
class Drain {
  readonly #onEnd: (isWhole: boolean) => void;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;
  #bytesBefore = 0;
  #ticks = 0;
  #isOver = false;

  constructor(onEnd: (isWhole: boolean) => void) {
    this.#onEnd = onEnd;
    this.#timer = setInterval(() => this.#checkProgress(), PROGRESS_MS).unref();
  }

  take(bytes: number, isLast: boolean): void {
    this.#bytes += bytes;
    if (isLast) this.#end(true);
    else if (this.#bytes > DRAIN_BYTES) this.#end(false);
  }

  /** Also ends if the client has disconnected, because no more bytes arrive. */
  #checkProgress(): void {
    this.#ticks++;
    const isLate = this.#ticks * PROGRESS_MS >= DRAIN_MS;
    if (isLate || this.#bytes - this.#bytesBefore < PROGRESS_BYTES) this.#end(false);
    this.#bytesBefore = this.#bytes;
  }

  #end(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#onEnd(isWhole);
  }
}
