import { CLOSES, type CloseKind, type CloseStrategy } from '@newswire/protocol';

/**
 * The close codes of Pusher's protocol. After 4000 to 4099 clients do not reconnect, after 4100 to 4199
 * they wait, after 4200 to 4299 they reconnect at once. 4010 to 4013 are newswire's own.
 */
export const PUSHER_CLOSES = {
  unknownApp: { code: 4001, reason: 'application does not exist' },
  disabledApp: { code: 4003, reason: 'application disabled' },
  connectionQuota: { code: 4004, reason: 'application is over connection quota' },
  unsupportedProtocol: { code: 4007, reason: 'unsupported protocol version' },
  noProtocol: { code: 4008, reason: 'no protocol version supplied' },
  unauthorized: { code: 4009, reason: 'connection is unauthorized' },
  badRequest: { code: 4010, reason: 'bad request' },
  tooLong: { code: 4011, reason: 'message too long' },
  tooManyErrors: { code: 4012, reason: 'too many errors' },
  notAvailable: { code: 4013, reason: 'not available' },
  overCapacity: { code: 4100, reason: 'over capacity' },
  reconnect: { code: 4200, reason: 'reconnect immediately' },
  noPong: { code: 4201, reason: 'pong reply not received' },
} as const;

type PusherCloseKind = keyof typeof PUSHER_CLOSES;

/** The close code for each reason that newswire has to close a connection. */
export const TRANSLATED: Readonly<Record<CloseKind, PusherCloseKind>> = {
  tooLong: 'tooLong',
  closed: 'reconnect',
  shutdown: 'reconnect',
  serverError: 'overCapacity',
  expired: 'reconnect',
  subscriptionExpired: 'reconnect',
  slow: 'overCapacity',
  writeError: 'overCapacity',
  insufficientState: 'reconnect',
  forceReconnect: 'reconnect',
  noPong: 'noPong',
  tooManyRequests: 'overCapacity',
  stateInvalidated: 'reconnect',
  invalidToken: 'unauthorized',
  badRequest: 'badRequest',
  stale: 'reconnect',
  forceDisconnect: 'unauthorized',
  connectionLimit: 'connectionQuota',
  channelLimit: 'connectionQuota',
  inappropriateProtocol: 'unsupportedProtocol',
  permissionDenied: 'unauthorized',
  notAvailable: 'notAvailable',
  tooManyErrors: 'tooManyErrors',
};

const BY_CODE: ReadonlyMap<number, PusherCloseKind> = new Map(
  (Object.keys(TRANSLATED) as CloseKind[]).map((kind) => [CLOSES[kind].code, TRANSLATED[kind]]),
);

const FIRST_OF_PUSHER = 4000;
const FIRST_FINAL = 3500;

/**
 * Codes from 4000 on, such as those of the server API, stay. Clients that do not reconnect are notified
 * of the reason first, by `pusher:error`.
 */
export const pusherCloses: CloseStrategy = {
  translate: ({ code, reason }) => {
    if (code >= FIRST_OF_PUSHER) return { code, reason };
    const kind = BY_CODE.get(code) ?? (code < FIRST_FINAL ? 'reconnect' : 'unauthorized');
    const close = PUSHER_CLOSES[kind];
    return reason === '' ? close : { code: close.code, reason: `${close.reason}: ${reason}` };
  },
  announces: (code) => code < PUSHER_CLOSES.reconnect.code,
};
