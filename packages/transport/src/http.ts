import { ERRORS, type ErrorBody, type ErrorKind } from '@newswire/protocol';

/** A request. Its body, if it has one, has fully arrived and is valid UTF-8. */
export interface HttpRequest {
  readonly body: string;
  /** The body instead, if the route has `acceptsBytes` and the request says that it sends bytes. */
  readonly bytes?: Uint8Array;
  /** The part of a GET's URL after the `?`, still encoded; of a POST's, if the route has `needsUrl`. */
  readonly query: string;
  /** The URL's path, still encoded, if the route has `needsUrl`. */
  readonly path?: string;
  /** The headers that the route names, by lower-case name; '' if absent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's address, if the route has `needsAddress`. */
  readonly address?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  /** Content-Type is JSON unless it is set here. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reply without a promise, or with one that is already settled, is sent in the same turn. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** One method on one path. Other methods on it get a 405. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: HttpHandler;
  /** A longer body gets a 413. Default 0. */
  readonly maxBodyBytes?: number;
  /** Whether a body of the type `application/octet-stream` may be any bytes. Others are text. */
  readonly acceptsBytes?: true;
  /** Names of request headers to pass on, in lower case. */
  readonly headers?: readonly string[];
  /** Whether requests include the client's address. */
  readonly needsAddress?: true;
  /** Whether requests include the URL: for paths with a variable part, such as `/apps/:app/events`. */
  readonly needsUrl?: true;
  /** Whether web pages of other hosts may send requests, if their origin is allowed. */
  readonly isForPages?: true;
}

export function jsonReply(status: number, body: unknown): HttpReply {
  return { status, body: JSON.stringify(body) };
}

/** `{"error":{code,message}}` with an HTTP status: for a fault of the request as such. */
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
