/**
 * The reasons for which newswire closes a connection, with their WebSocket close codes. The codes
 * are Centrifuge's, except 1009, which is RFC 6455's. `reconnect`: whether a client should
 * reconnect (3000–3499) or not (1009, 3500–3999).
 */
export const CLOSES = {
  tooLong: { code: 1009, reason: 'message too long', reconnect: false },
  closed: { code: 3000, reason: 'connection closed', reconnect: true },
  shutdown: { code: 3001, reason: 'shutdown', reconnect: true },
  serverError: { code: 3004, reason: 'internal server error', reconnect: true },
  expired: { code: 3005, reason: 'connection expired', reconnect: true },
  subscriptionExpired: { code: 3006, reason: 'subscription expired', reconnect: true },
  slow: { code: 3008, reason: 'slow', reconnect: true },
  writeError: { code: 3009, reason: 'write error', reconnect: true },
  insufficientState: { code: 3010, reason: 'insufficient state', reconnect: true },
  forceReconnect: { code: 3011, reason: 'force reconnect', reconnect: true },
  noPong: { code: 3012, reason: 'no pong', reconnect: true },
  tooManyRequests: { code: 3013, reason: 'too many requests', reconnect: true },
  stateInvalidated: { code: 3014, reason: 'state invalidated', reconnect: true },
  invalidToken: { code: 3500, reason: 'invalid token', reconnect: false },
  badRequest: { code: 3501, reason: 'bad request', reconnect: false },
  stale: { code: 3502, reason: 'stale', reconnect: false },
  forceDisconnect: { code: 3503, reason: 'force disconnect', reconnect: false },
  connectionLimit: { code: 3504, reason: 'connection limit', reconnect: false },
  channelLimit: { code: 3505, reason: 'channel limit', reconnect: false },
  inappropriateProtocol: { code: 3506, reason: 'inappropriate protocol', reconnect: false },
  permissionDenied: { code: 3507, reason: 'permission denied', reconnect: false },
  notAvailable: { code: 3508, reason: 'not available', reconnect: false },
  tooManyErrors: { code: 3509, reason: 'too many errors', reconnect: false },
} as const;

export type CloseKind = keyof typeof CLOSES;

/** Maximum length of a close reason, in bytes: a close frame holds 125, two of which are the code. */
export const MAX_CLOSE_REASON_BYTES = 123;
