import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowedOrigins } from './allowed-origin.js';

const LISTED = ['https://partner.example', 'https://*.example.org', 'http://*.lan:8080', 'app://.'];

test.each([
  ['', 'example.com', 'anonymous'],
  ['https://example.com', 'example.com', 'credentials'],
  ['https://example.com', 'EXAMPLE.com:443', 'credentials'],
  ['http://127.0.0.1:9900', '127.0.0.1:9900', 'credentials'],
  ['http://127.0.0.1:8000', '127.0.0.1:9900', 'refused'],
  ['https://evil.example', 'example.com', 'refused'],
  ['https://example.com.evil.example', 'example.com', 'refused'],
  ['evil://example.com', 'example.com', 'refused'],
  ['null', 'example.com', 'refused'],
  ['nonsense', 'nonsense', 'refused'],
  ['https://partner.example', 'example.com', 'credentials'],
  ['https://PARTNER.example', 'example.com', 'credentials'],
  ['http://partner.example', 'example.com', 'refused'],
  ['https://partner.example:8443', 'example.com', 'refused'],
  ['https://a.example.org', 'example.com', 'credentials'],
  ['https://a.b-c.example.org', 'example.com', 'credentials'],
  ['https://example.org', 'example.com', 'refused'],
  ['https://.example.org', 'example.com', 'refused'],
  ['https://a..example.org', 'example.com', 'refused'],
  ['https://evilexample.org', 'example.com', 'refused'],
  ['http://a.example.org', 'example.com', 'refused'],
  ['https://a.example.org:8443', 'example.com', 'refused'],
  ['https://a.example.org.evil.example', 'example.com', 'refused'],
  ['https://evil.example/.example.org', 'example.com', 'refused'],
  ['https://evil.example?.example.org', 'example.com', 'refused'],
  ['https://evil.example#a.example.org', 'example.com', 'refused'],
  ['https://evil.example\\.example.org', 'example.com', 'refused'],
  ['https://evil.example@a.example.org', 'example.com', 'refused'],
  ['https://evil.example:1.example.org', 'example.com', 'refused'],
  ['http://a.lan:8080', 'example.com', 'credentials'],
  ['http://a.lan', 'example.com', 'refused'],
  ['app://.', 'example.com', 'credentials'],
  ['app://..', 'example.com', 'refused'],
])('a page of %j may do at %j: %s', (origin, host, access) => {
  expect(allowedOrigins(LISTED)(origin, host)).toBe(access);
});

describe('pages of every origin', () => {
  const policy = allowedOrigins(['*', 'https://partner.example', 'null']);

  test.each([
    ['null', 'anonymous'],
    ['https://evil.example', 'anonymous'],
    ['https://partner.example', 'credentials'],
    ['https://example.com', 'credentials'],
  ])('%s: %s', (origin, access) => {
    expect(policy(origin, 'example.com')).toBe(access);
  });

  test('one that sends null gets no credentials where null is listed', () => {
    expect(allowedOrigins(['null'])('null', 'example.com')).toBe('anonymous');
    expect(allowedOrigins(['null'])('https://evil.example', 'example.com')).toBe('refused');
  });
});

/** Few labels, so that many names are subdomains of others. */
const label = fc.constantFrom('a', 'b', 'a-b');
const name = fc.array(label, { minLength: 1, maxLength: 3 });
const port = fc.constantFrom('', '', ':8443');
const scheme = fc.constantFrom('http', 'https');
const origin = fc.record({ scheme, name, port });
const pattern = fc.record({ scheme, name, port, isWildcard: fc.boolean() });

type Page = { readonly scheme: string; readonly name: readonly string[]; readonly port: string };

/** Compares labels, whereas the policy compares characters. */
function isListed(page: Page, listed: Page & { readonly isWildcard: boolean }): boolean {
  if (page.scheme !== listed.scheme || page.port !== listed.port) return false;
  const more = page.name.length - listed.name.length;
  if (listed.isWildcard ? more < 1 : more !== 0) return false;
  return page.name.slice(more).join() === listed.name.join();
}

test('an origin is allowed exactly where an entry names it, or a domain above it by a wildcard', () => {
  const seen = { allowed: 0, refused: 0 };
  const write = ({ scheme: first, name: labels, port: last }: Page, before = '') =>
    `${first}://${before}${labels.join('.')}${last}`;
  fc.assert(
    fc.property(origin, fc.array(pattern, { maxLength: 6 }), (page, entries) => {
      const isAllowed = entries.some((entry) => isListed(page, entry));
      seen[isAllowed ? 'allowed' : 'refused']++;
      const list = entries.map((entry) => write(entry, entry.isWildcard ? '*.' : ''));
      const access = allowedOrigins(list)(write(page), 'newswire.example');
      expect(access).toBe(isAllowed ? 'credentials' : 'refused');
    }),
    { numRuns: 10_000 },
  );
  // Some 560 are allowed: far below that, so that chance alone does not fail.
  expect(seen.allowed).toBeGreaterThan(300);
  expect(seen.refused).toBeGreaterThan(300);
});

const LETTERS = 'ab.-_/?#@:\\%[] *é\0'.split('');

test('for any header, a wildcard matches only host names', () => {
  const policy = allowedOrigins(['https://*.example.org']);
  const text = fc.string({ unit: fc.constantFrom(...LETTERS) });
  let allowed = 0;
  fc.assert(
    fc.property(text, (before) => {
      const sent = `https://${before}.example.org`;
      const isHost = /^[ab_-]+(\.[ab_-]+)*$/.test(before);
      if (isHost) allowed++;
      expect(policy(sent, 'newswire.example')).toBe(isHost ? 'credentials' : 'refused');
    }),
    { numRuns: 20_000 },
  );
  expect(allowed).toBeGreaterThan(100);
});
