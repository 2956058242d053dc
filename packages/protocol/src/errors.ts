/**
 * The errors in replies to clients and publishers. The codes are Centrifuge's, so that its
 * libraries understand them. `temporary`: the same request may succeed later. `status`: the HTTP status,
 * where an answer has one.
 */
export const ERRORS = {
  internal: { code: 100, message: 'internal error', temporary: true, status: 503 },
  unauthorized: { code: 101, message: 'unauthorized', temporary: false, status: 401 },
  unknownChannel: { code: 102, message: 'unknown channel', temporary: false, status: 404 },
  permissionDenied: { code: 103, message: 'permission denied', temporary: false, status: 403 },
  methodNotFound: { code: 104, message: 'method not found', temporary: false, status: 404 },
  alreadySubscribed: { code: 105, message: 'already subscribed', temporary: false, status: 400 },
  limitExceeded: { code: 106, message: 'limit exceeded', temporary: false, status: 400 },
  badRequest: { code: 107, message: 'bad request', temporary: false, status: 400 },
  notAvailable: { code: 108, message: 'not available', temporary: false, status: 404 },
  tokenExpired: { code: 109, message: 'token expired', temporary: false, status: 401 },
  expired: { code: 110, message: 'expired', temporary: false, status: 401 },
  tooManyRequests: { code: 111, message: 'too many requests', temporary: true, status: 429 },
  unrecoverablePosition: {
    code: 112,
    message: 'unrecoverable position',
    temporary: false,
    status: 416,
  },
  concurrentPagination: {
    code: 113,
    message: 'concurrent pagination',
    temporary: true,
    status: 429,
  },
} as const;

export type ErrorKind = keyof typeof ERRORS;

const STATUSES: ReadonlyMap<number, number> = new Map(
  Object.values(ERRORS).map(({ code, status }) => [code, status]),
);

/** The HTTP status of an error code. Codes that the application chose have 400. */
export function findStatus(code: number): number {
  return STATUSES.get(code) ?? 400;
}

/** An error in a reply: `{code, message}`, and `temporary: true` for a temporary error. */
export interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly temporary?: true;
}

/**
 * A failure that has a code on every protocol. The client sees the detail, so it must contain no
 * secrets.
 */
export class ProtocolError extends Error {
  readonly kind: ErrorKind;
  readonly code: number;
  readonly temporary: boolean;

  constructor(kind: ErrorKind, detail?: string) {
    const { code, message, temporary } = ERRORS[kind];
    super(detail === undefined ? message : `${message}: ${detail}`);
    this.name = 'ProtocolError';
    this.kind = kind;
    this.code = code;
    this.temporary = temporary;
  }

  toBody(): ErrorBody {
    const body = { code: this.code, message: this.message };
    return this.temporary ? { ...body, temporary: true } : body;
  }
}
