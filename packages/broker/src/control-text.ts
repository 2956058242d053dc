import { ProtocolError, ERRORS, type ErrorKind } from '@newswire/protocol';
import type { ControlHandler, ControlReply, ControlRequest } from './control.js';
import { parseReply, parseRequest } from './control-parse.js';

/**
 * Maximum length of a request, in characters of its JSON text: Nginx accepts commands of 2 MiB, and
 * quoting makes them longer.
 */
export const MAX_REQUEST_LENGTH = 4_194_304;

/**
 * Maximum length of a reply, in characters: enough for the counts of a hundred thousand channels.
 * Redis would disconnect a subscriber that has too much to read.
 */
export const MAX_REPLY_LENGTH = 8_388_608;

const UID = /^[\w.:@-]{1,128}$/;

/** Whether the text can be an edge's uid. A uid becomes part of topics and lines. */
export function isUid(uid: string): boolean {
  return UID.test(uid);
}

export function checkUid(uid: string): void {
  if (!isUid(uid)) throw new ProtocolError('badRequest', 'the uid of the edge is not valid');
}

export function noSuchEdge(): ProtocolError {
  return new ProtocolError('unknownChannel', 'unknown edge');
}

/** Throws error 106 if the text is too long. */
export function toRequestText(request: ControlRequest): string {
  const text = JSON.stringify(request);
  if (text.length <= MAX_REQUEST_LENGTH) return text;
  throw new ProtocolError('limitExceeded', 'the request to the edges is too large');
}

/** Throws error 106 if the text is too long. */
export function toReplyText(reply: ControlReply | ControlReply[]): string {
  const text = JSON.stringify(reply);
  if (text.length <= MAX_REPLY_LENGTH) return text;
  throw new ProtocolError('limitExceeded', 'the answer of an edge is too large');
}

/** An edge's answer to a request from another process: `=` and its reply, or `!` and its error. */
export async function answerText(
  handler: ControlHandler,
  requestText: string,
  onFault: (error: unknown) => void,
): Promise<string> {
  try {
    const request = parseRequest(requestText);
    return `=${toReplyText(await answerControlRequest(handler, request, onFault))}`;
  } catch (error) {
    return `!${errorText(error)}`;
  }
}

/** Throws the error that the edge answered with, or error 100 if the text is not a valid answer. */
export function parseAnswer(text: string): ControlReply {
  if (text.startsWith('=')) return parseReply(text.slice(1));
  throw parseError(text.slice(1)) ?? new ProtocolError('internal', 'an edge failed');
}

/** Rejects with ProtocolErrors only; `onFault` is called with every other error. */
export async function answerControlRequest(
  handler: ControlHandler,
  request: ControlRequest,
  onFault: (error: unknown) => void,
): Promise<ControlReply> {
  try {
    return await handler(request);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    onFault(error);
    throw new ProtocolError('internal', 'an edge failed');
  }
}

export function missingReplies(got: number, count: number, timeoutMs: number): ProtocolError {
  const sentence = `${got} of ${count} edges answered within ${timeoutMs} ms, try again`;
  return new ProtocolError('internal', sentence);
}

/** `code message`. An error that is not a ProtocolError becomes error 100 without its message. */
export function errorText(error: unknown): string {
  const known =
    error instanceof ProtocolError ? error : new ProtocolError('internal', 'the operation failed');
  return `${known.code} ${known.message.replaceAll(/\s+/g, ' ')}`;
}

/** Undefined if the text names no known error. */
export function parseError(text: string): ProtocolError | undefined {
  const [code, ...words] = text.split(' ');
  const message = words.join(' ');
  const known = Object.entries(ERRORS).find(([, error]) => String(error.code) === code);
  if (known === undefined) return undefined;
  const [kind, { message: start }] = known;
  const detail = message.startsWith(`${start}: `) ? message.slice(start.length + 2) : undefined;
  return new ProtocolError(kind as ErrorKind, detail);
}
