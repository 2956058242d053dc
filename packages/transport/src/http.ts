import { ERRORS, type ErrorBody, type ErrorKind } from '@newswire/protocol';

/** A request whose body, if it has one, has fully arrived and is valid UTF-8. */
export interface HttpRequest {
  readonly body: string;
  /** What stands behind the `?` of a GET's path, still encoded. */
  readonly query: string;
  /** The headers that the route named, by lower-case name; '' where absent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's address, where the route has `needsAddress`. */
  readonly address?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  /** Content-Type is JSON unless named here. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer given without a promise, or with one already settled, leaves in the same turn. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** One method on one path. Other methods on it are answered 405. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: HttpHandler;
  /** A longer body is answered 413. Default 0. */
  readonly maxBodyBytes?: number;
  /** Names of request headers to hand over, in lower case. */
  readonly headers?: readonly string[];
  /** Whether requests are handed over with the client's address. */
  readonly needsAddress?: true;
  /** Whether pages of other hosts may ask it from a browser, where their origin is allowed. */
  readonly isForPages?: true;
}

export function jsonReply(status: number, body: unknown): HttpReply {
  return { status, body: JSON.stringify(body) };
}

/** `{"error":{code,message}}` with an HTTP status: for what is wrong with the request as such. */
export function errorReply(
  status: number,
  kind: ErrorKind,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const { code, message } = ERRORS[kind];
  const error: ErrorBody = { code, message: `${message}: ${detail}` };
  return { status, headers, body: JSON.stringify({ error }) };
}
