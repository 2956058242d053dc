import type { OriginAccess } from './allowed-origin.js';

type Headers = Readonly<Record<string, string>>;

/** How long a browser may remember that a page of another origin is allowed, in seconds. */
const PREFLIGHT_AGE_S = '600';

/** The headers that newswire's own examples and common libraries send. */
const USUAL_HEADERS = 'Content-Type, Authorization, Last-Event-ID';

/** A name in a list of request headers, as RFC 9110 defines a token. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,100}$/;
const MAX_HEADER_NAMES = 64;

/** Caches must not give the response to a page of another origin. */
const NO_ORIGIN: Headers = Object.freeze({ Vary: 'Origin' });

/**
 * The headers that allow the requesting page to read the response. `origin` is the request's
 * header.
 */
export function corsHeaders(origin: string, access: OriginAccess): Headers {
  if (origin === '' || access === 'refused') return NO_ORIGIN;
  const headers = { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
  if (access !== 'credentials') return headers;
  return { ...headers, 'Access-Control-Allow-Credentials': 'true' };
}

/**
 * The headers of the response to a CORS preflight. `requested` is the request's
 * Access-Control-Request-Headers. All of them are allowed, since only their names are known here
 * and newswire reads only the headers that it needs. Text that is not a header's name is left out,
 * and a list of more than 64 names is ignored.
 */
export function preflightHeaders(method: string, requested: string): Headers {
  const names = requested.split(',', MAX_HEADER_NAMES + 1).map((name) => name.trim());
  const allowed = names.filter((name) => HEADER_NAME.test(name));
  const isUsable = allowed.length > 0 && names.length <= MAX_HEADER_NAMES;
  return {
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Headers': isUsable ? allowed.join(', ') : USUAL_HEADERS,
    'Access-Control-Max-Age': PREFLIGHT_AGE_S,
    Vary: 'Origin, Access-Control-Request-Headers',
  };
}
