import { createHash } from 'node:crypto';
import type { PusherApp } from '@newswire/runtime';
import { PusherRequestError } from './request-error.js';

/** The permitted difference between the clocks of a backend and of center, in seconds. */
const TOLERANCE_S = 600;

const VERSION = '1.0';

/** A request, as its backend has signed it. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  /** The URL's path, still encoded. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Throws 401 unless the query has the app's key, a time within 600 s, the MD5 of the body if there is
 * one, and the app's signature of method, path and query.
 */
export function checkSignature(app: PusherApp, request: SignedRequest, nowMs: number): void {
  const { query, body } = request;
  const read = (name: string) => query.get(name) ?? '';
  if (read('auth_key') !== app.options.key) throw refuse('auth_key is not the key of this app');
  if (read('auth_version') !== VERSION) throw refuse(`auth_version must be ${VERSION}`);
  const timestamp = read('auth_timestamp');
  const ageS = Math.abs(nowMs / 1000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp)) throw refuse('auth_timestamp must be seconds since 1970');
  if (ageS > TOLERANCE_S) {
    throw refuse(`auth_timestamp is not within ${TOLERANCE_S} s of the server's time`);
  }
  const needsDigest = body !== '' || query.has('body_md5');
  const digest = createHash('md5').update(body).digest('hex');
  if (needsDigest && read('body_md5') !== digest)
    throw refuse('body_md5 is not the MD5 of the body');
  const signature = read('auth_signature');
  if (!texts(request).some((text) => app.verify(text, signature))) {
    throw refuse('auth_signature is wrong');
  }
}

/** What may have been signed: some libraries sign the path before they encode it. */
function texts({ method, path, query }: SignedRequest): string[] {
  const parameters = [...query]
    .filter(([name]) => name !== 'auth_signature')
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return [...new Set([path, decode(path)])].map((each) => `${method}\n${each}\n${parameters}`);
}

function refuse(reason: string): PusherRequestError {
  return new PusherRequestError(401, `unauthorized: ${reason}`);
}

/** The parameters of a query. Throws 400 for one that comes twice: only one of them would be checked. */
export function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text === '' ? [] : text.split('&')) {
    const end = part.indexOf('=');
    const name = decode(end < 0 ? part : part.slice(0, end));
    if (query.has(name)) throw new PusherRequestError(400, 'a parameter comes twice');
    query.set(name, end < 0 ? '' : decode(part.slice(end + 1)));
  }
  return query;
}

/** Decodes a part of a URL. In Pusher's API, a + is a plus. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
