import { isIP } from 'node:net';

/** The origin in the form that browsers send, or the reason why no browser sends it. */
export type OriginReading = { readonly origin: string } | { readonly fault: string };

/** Scheme, host with port, and the rest, which an origin must not have. */
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)(.*)$/is;

/** Schemes that no page's origin has: a WebSocket's origin is that of its page. */
const OTHER_SCHEMES = /^(wss?|ftp|data|javascript|about|blob)$/;

const WILDCARD = '*.';

/**
 * Reads one entry of a list of origins: an http or https origin such as `https://example.com:8443`;
 * `https://*.example.com`, which stands for all subdomains; an origin of an app or extension, such
 * as `capacitor://localhost`; `null`; or `*`. Case, default ports, a slash at the end and letters
 * outside ASCII are converted to the form that browsers send.
 */
export function readOrigin(text: string): OriginReading {
  if (text === '*' || text === 'null') return { origin: text };
  const [, schemeAsWritten = '', host = '', rest = ''] = PARTS.exec(text) ?? [];
  const scheme = schemeAsWritten.toLowerCase();
  if (scheme === '') return { fault: 'an origin begins with a scheme, like https://' };
  if (OTHER_SCHEMES.test(scheme)) return { fault: `no page has an origin with ${scheme}://` };
  if (rest !== '' && rest !== '/') {
    return { fault: 'an origin ends after host and port, without a path or query' };
  }
  if (host.includes('@')) return { fault: 'an origin contains no user name' };
  // The URL parser would drop some of these.
  if (/[\s\p{Cc}]/u.test(host)) return { fault: 'an origin contains no white space' };
  return scheme === 'http' || scheme === 'https'
    ? readWebOrigin(scheme, host)
    : readAppOrigin(scheme, host.toLowerCase());
}

function readWebOrigin(scheme: string, host: string): OriginReading {
  const isWildcard = host.startsWith(WILDCARD);
  const name = isWildcard ? host.slice(WILDCARD.length) : host;
  if (name.includes('*')) return misplacedWildcard();
  const text = `${scheme}://${name}`;
  if (!URL.canParse(text)) return { fault: 'its host or port is not valid' };
  const url = new URL(text);
  if (/^\.|\.\./.test(url.hostname)) return { fault: 'its host has an empty label' };
  if (!isWildcard) return { origin: url.origin };
  const isAddress = isIP(url.hostname) !== 0 || url.hostname.startsWith('[');
  if (isAddress) return { fault: 'an IP address has no subdomains' };
  return { origin: `${scheme}://${WILDCARD}${url.host}` };
}

/** Browsers send the host of other schemes unchanged. The page of a file has no host. */
function readAppOrigin(scheme: string, host: string): OriginReading {
  if (host.includes('*')) return misplacedWildcard();
  if (scheme === 'file') {
    return host === '' ? { origin: 'file://' } : { fault: 'a file has no host, write file://' };
  }
  if (!/^[a-z0-9._~-]+(:\d{1,5})?$/.test(host)) return { fault: 'its host or port is not valid' };
  return { origin: `${scheme}://${host}` };
}

function misplacedWildcard(): OriginReading {
  return {
    fault: '* stands only for all subdomains, as in https://*.example.com, or for all origins',
  };
}
