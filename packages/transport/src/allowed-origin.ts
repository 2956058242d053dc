/**
 * What a page of an origin may do. `anonymous`: read answers to requests without cookies.
 * `credentials`: send its user's cookies as well.
 */
export type OriginAccess = 'refused' | 'anonymous' | 'credentials';

/**
 * What pages of this origin may do here. `origin` and `host` are the request's headers; programs
 * other than browsers send no origin, and are never refused.
 */
export type OriginPolicy = (origin: string, host: string) => OriginAccess;

/** One or more labels of a domain name, as browsers write them. */
const LABELS = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/**
 * Gives credentials to pages of newswire's own host and of the listed origins. Origins are written as
 * browsers send them; `https://*.example.com` stands for all subdomains at any depth, and not for
 * `example.com`. With `*` in the list all other pages may come without credentials. So may those that
 * send `null`, if that is listed: any site can make a page with that origin.
 */
export function allowedOrigins(listed: readonly string[]): OriginPolicy {
  const exact = new Set(listed.filter((origin) => origin !== 'null' && !origin.includes('*')));
  const isSubdomain = listed.filter((origin) => origin.includes('://*.')).map(subdomainsOf);
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

/** Of `https://*.example.com:8443`: whether an origin is one of a subdomain. */
function subdomainsOf(pattern: string): (origin: string) => boolean {
  const [before = '', after = ''] = pattern.split('*');
  return (origin) =>
    origin.startsWith(before) &&
    origin.endsWith(after) &&
    LABELS.test(origin.slice(before.length, origin.length - after.length));
}

/** Whether newswire is on the page's own host. Apps and extensions choose their hosts as they like. */
function isOwn(origin: string, host: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false;
  return new URL(origin).host === hostOf(origin, host);
}

/** The Host header as a URL has it: in lower case, and without the port where it is the usual one. */
function hostOf(origin: string, host: string): string {
  const url = `${new URL(origin).protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
}
