import { CLOSES, ERRORS, ProtocolError, type ErrorBody, type ErrorKind } from '@newswire/protocol';
import type { HttpReply } from '@newswire/transport';

/** How long an `EventSource` waits before it reconnects, in ms. */
export const RETRY_MS = 2000;

/** With this header a proxy announces that it sends a request to the next edge after a 503. */
export const NEXT_UPSTREAM_HEADER = 'x-next-upstream';

/** The error that refuses a stream, and its HTTP status. */
export interface Refusal {
  readonly status: number;
  readonly error: ErrorBody;
}

const REFUSALS: ReadonlyMap<number, ErrorKind> = new Map<number, ErrorKind>([
  [CLOSES.tooLong.code, 'limitExceeded'],
  [CLOSES.tooManyRequests.code, 'tooManyRequests'],
  [CLOSES.invalidToken.code, 'unauthorized'],
  [CLOSES.badRequest.code, 'badRequest'],
  // A stream's request carries `connect`, so newswire or a hook was too slow, not the client.
  [CLOSES.stale.code, 'internal'],
  [CLOSES.forceDisconnect.code, 'permissionDenied'],
  [CLOSES.connectionLimit.code, 'limitExceeded'],
  [CLOSES.channelLimit.code, 'limitExceeded'],
  [CLOSES.inappropriateProtocol.code, 'badRequest'],
  [CLOSES.permissionDenied.code, 'permissionDenied'],
  [CLOSES.notAvailable.code, 'notAvailable'],
  [CLOSES.tooManyErrors.code, 'badRequest'],
]);

/** Where HTTP has a more exact status than the error's. */
const OWN_STATUSES: ReadonlyMap<number, number> = new Map([
  [CLOSES.tooLong.code, 413],
  [CLOSES.connectionLimit.code, 429],
]);

/**
 * Maps a close code to a refusal. It is temporary for codes after which a client reconnects. Hooks
 * may choose their own codes, up to 4999.
 */
export function buildRefusal(code: number, reason: string): Refusal {
  const kind = REFUSALS.get(code) ?? (reconnects(code) ? 'internal' : 'permissionDenied');
  const status = OWN_STATUSES.get(code) ?? ERRORS[kind].status;
  return { status, error: new ProtocolError(kind, reason).toBody() };
}

/** The refusal by an edge that accepts no clients. */
export function unavailable(reason: string): Refusal {
  return { status: ERRORS.internal.status, error: new ProtocolError('internal', reason).toBody() };
}

export function jsonRefusal({ status, error }: Refusal): HttpReply {
  return { status, body: JSON.stringify({ error }) };
}

/**
 * The refusal of an event stream. By the HTML standard an `EventSource` gives up on any status but
 * 200, and reconnects when a stream ends. So a temporary error is a finished stream with the error
 * as a comment, and other errors are an HTTP status. With `hasNext` a temporary 503 stays a 503, so
 * that the proxy tries the next edge.
 */
export function eventStreamRefusal(refusal: Refusal, hasNext: boolean): HttpReply {
  const { status, error } = refusal;
  if (error.temporary !== true) return jsonRefusal(refusal);
  const message = onOneLine(error.message);
  if (hasNext && status === 503) {
    return { ...jsonRefusal(refusal), headers: { 'X-Newswire-Error': message } };
  }
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
    },
    body: `: ${message}\nretry: ${RETRY_MS}\n\n`,
  };
}

/** Whether the proxy in front tries the next edge after a 503. */
export function hasNextUpstream(headers: Readonly<Record<string, string>>): boolean {
  return headers[NEXT_UPSTREAM_HEADER] === 'http_503';
}

function reconnects(code: number): boolean {
  return code < 3500 || (code >= 4000 && code < 4500);
}

/** Removes line breaks: in a hook's message, one would begin another field or header. */
function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
