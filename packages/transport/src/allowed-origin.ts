/**
 * What a page of an origin may do. `anonymous`: read responses to requests without cookies.
 * `credentials`: also send its user's cookies.
 */
export type OriginAccess = 'refused' | 'anonymous' | 'credentials';

/**
 * Decides what pages of an origin may do here. `origin` and `host` are the request's headers.
 * Programs other than browsers send no origin, and are never refused.
 */
export type OriginPolicy = (origin: string, host: string) => OriginAccess;

/** One or more labels of a domain name, as browsers write them. */
const LABELS = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/**
 * The origin policy for a list of origins. Pages of newswire's own host and of the listed origins
 * get credentials. Origins are written as browsers send them; `https://*.example.com` matches all
 * subdomains at any depth, but not `example.com`. With `*` in the list, all other pages get access
 * without credentials. So do pages that send `null`, if it is listed: any site can make a page with
 * that origin.
 */
export function allowedOrigins(listed: readonly string[]): OriginPolicy {
  const exact = new Set(listed.filter((origin) => origin !== 'null' && !origin.includes('*')));
  const isSubdomain = listed.filter((origin) => origin.includes('://*.')).map(matchSubdomains);
  const allowsAll = listed.includes('*');
  const allowsNull = listed.includes('null');
  return (originAsSent, host) => {
    if (originAsSent === '') return 'anonymous';
    const origin = originAsSent.toLowerCase();
    if (exact.has(origin) || isSubdomain.some((matches) => matches(origin))) return 'credentials';
    if (isOwn(origin, host)) return 'credentials';
    return allowsAll || (allowsNull && origin === 'null') ? 'anonymous' : 'refused';
  };
}

/** Returns a test for the origins that a pattern like `https://*.example.com:8443` matches. */
function matchSubdomains(pattern: string): (origin: string) => boolean {
  const [before = '', after = ''] = pattern.split('*');
  return (origin) =>
    origin.startsWith(before) &&
    origin.endsWith(after) &&
    LABELS.test(origin.slice(before.length, origin.length - after.length));
}

/**
 * Whether newswire is on the page's own host. Only http and https count, because apps and
 * extensions choose their hosts freely.
 */
function isOwn(origin: string, host: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false;
  return new URL(origin).host === parseHost(origin, host);
}

/** The Host header in the form of a URL's host: in lower case, and without the default port. */
function parseHost(origin: string, host: string): string {
  const url = `${new URL(origin).protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
}
