import { CLOSES, type ErrorKind } from '@newswire/protocol';
import { errorReply, type HttpReply, type StreamFraming } from '@newswire/transport';

/** Server-sent events, each frame one of them. */
export const eventFraming: StreamFraming = {
  contentType: 'text/event-stream',
  isShared: true,
  frame: (text) => `data: ${text.replaceAll('\n', '\ndata: ')}\n\n`,
  refusal: refusalOf,
};

/** One reply or push a line. */
export const lineFraming: StreamFraming = {
  contentType: 'application/json',
  isShared: true,
  frame: (text) => `${text}\n`,
  refusal: refusalOf,
};

const REFUSALS: ReadonlyMap<number, readonly [status: number, kind: ErrorKind]> = new Map([
  [CLOSES.tooLong.code, [413, 'limitExceeded']],
  [CLOSES.tooManyRequests.code, [429, 'tooManyRequests']],
  [CLOSES.invalidToken.code, [401, 'unauthorized']],
  [CLOSES.badRequest.code, [400, 'badRequest']],
  [CLOSES.forceDisconnect.code, [403, 'permissionDenied']],
  [CLOSES.connectionLimit.code, [429, 'limitExceeded']],
  [CLOSES.channelLimit.code, [400, 'limitExceeded']],
  [CLOSES.inappropriateProtocol.code, [400, 'badRequest']],
  [CLOSES.permissionDenied.code, [403, 'permissionDenied']],
  [CLOSES.notAvailable.code, [404, 'notAvailable']],
  [CLOSES.tooManyErrors.code, [400, 'badRequest']],
]);

/** What a close code is in HTTP, where nothing was sent yet: 503 for all that may pass. */
export function refusalOf(code: number, reason: string): HttpReply {
  const [status, kind] = REFUSALS.get(code) ?? [503, 'internal'];
  return errorReply(status, kind, reason);
}
