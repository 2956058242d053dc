import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from './index.js';
import { readOrigin } from './origin-setting.js';

test.each([
  ['https://example.com', 'https://example.com'],
  ['https://example.com/', 'https://example.com'],
  ['https://example.com:443', 'https://example.com'],
  ['http://example.com:80/', 'http://example.com'],
  ['http://example.com:443', 'http://example.com:443'],
  ['https://example.com:8443', 'https://example.com:8443'],
  ['HTTPS://Example.COM', 'https://example.com'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['http://[0:0:0:0:0:0:0:1]:3000', 'http://[::1]:3000'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['https://*.example.com', 'https://*.example.com'],
  ['https://*.Bücher.example:443/', 'https://*.xn--bcher-kva.example'],
  ['http://*.example.com:8080', 'http://*.example.com:8080'],
  ['capacitor://localhost', 'capacitor://localhost'],
  ['ionic://localhost/', 'ionic://localhost'],
  ['tauri://localhost', 'tauri://localhost'],
  ['Capacitor://LocalHost', 'capacitor://localhost'],
  ['app://.', 'app://.'],
  ['app://obsidian.md', 'app://obsidian.md'],
  [
    'chrome-extension://gighmmpiobklfepjocnamgkkbiglidom',
    'chrome-extension://gighmmpiobklfepjocnamgkkbiglidom',
  ],
  [
    'moz-extension://1f2e3d4c-0000-4000-8000-000000000000',
    'moz-extension://1f2e3d4c-0000-4000-8000-000000000000',
  ],
  ['file://', 'file://'],
  ['null', 'null'],
  ['*', '*'],
])('%s is the origin %s', (text, origin) => {
  expect(readOrigin(text)).toEqual({ origin });
  // Reading the result again gives the same origin.
  expect(readOrigin(origin)).toEqual({ origin });
});

test.each([
  ['example.com', 'scheme'],
  ['localhost:3000', 'scheme'],
  ['//example.com', 'scheme'],
  ['"https://example.com"', 'scheme'],
  ['NULL', 'scheme'],
  ['wss://example.com', 'wss://'],
  ['https://example.com/news', 'path'],
  ['https://example.com//', 'path'],
  ['https://example.com?a=b', 'query'],
  ['https://example.com#top', 'query'],
  ['https://example.com\\', 'path'],
  ['https://ada@example.com', 'user name'],
  ['https://ada:secret@example.com', 'user name'],
  ['https://exa\tmple.com', 'white space'],
  ['https://example.com example.org', 'white space'],
  ['https://', 'host or port'],
  ['https://:443', 'host or port'],
  ['https://example.com:99999', 'host or port'],
  ['https://example.com:x', 'host or port'],
  ['https://*.', 'host or port'],
  ['https://*..example.com', 'empty label'],
  ['https://*', '*'],
  ['https://*example.com', '*'],
  ['https://www.*.com', '*'],
  ['https://*.*.example.com', '*'],
  ['https://example.com:*', '*'],
  ['*.example.com', 'scheme'],
  ['*://example.com', 'scheme'],
  ['https://*.127.0.0.1', 'IP address'],
  ['https://*.[::1]', 'IP address'],
  ['moz-extension://*', '*'],
  ['capacitor://', 'host or port'],
  ['capacitor://local host', 'white space'],
  ['capacitor://a,b', 'host or port'],
  ['file://host', 'file'],
])('%s is refused: %s', (text, reason) => {
  expect(readOrigin(text)).toEqual({ fault: expect.stringContaining(reason) });
});

describe('settings', () => {
  const read = (environment: Record<string, string>) =>
    loadConfig(
      ['allowedOrigins', 'trustedProxies', 'hookHeaders', 'apiKey', 'tokenAudience', 'tokenIssuer'],
      environment,
    );

  test('allowed origins are read as browsers send them', () => {
    const list = 'HTTPS://example.com:443/ , capacitor://localhost,https://*.example.org';
    expect(read({ NEWSWIRE_ALLOWED_ORIGINS: list }).allowedOrigins).toEqual([
      'https://example.com',
      'capacitor://localhost',
      'https://*.example.org',
    ]);
  });

  test('one that no browser sends stops the start, with the reason', () => {
    const list = 'https://example.com,https://example.org/news';
    expect(() => read({ NEWSWIRE_ALLOWED_ORIGINS: list })).toThrow(
      new ConfigError([
        'NEWSWIRE_ALLOWED_ORIGINS must be a list of origins like https://example.com,https://*.example.com,capacitor://localhost, or *, ' +
          'not "https://example.com,https://example.org/news": ' +
          '"https://example.org/news" is not an origin, because an origin ends after host and port, without a path or query.',
      ]),
    );
  });

  test.each(['[::1]', '10.0.0.1:80', 'fe80::1%eth0', '010.0.0.1', '10.0.0.0/33', 'nginx'])(
    'the trusted proxy %s is refused',
    (proxy) => {
      expect(() => read({ NEWSWIRE_TRUSTED_PROXIES: proxy })).toThrow('NEWSWIRE_TRUSTED_PROXIES');
    },
  );

  test('names of hook headers may have any case', () => {
    const { hookHeaders } = read({ NEWSWIRE_HOOK_HEADERS: 'Cookie, X-Request-ID' });
    expect(hookHeaders).toEqual(['cookie', 'x-request-id']);
  });

  // An HTTP header's value has no white space around it, so a key with some would never match.
  test('white space around a key, an audience or an issuer does not count', () => {
    const config = read({
      NEWSWIRE_API_KEY: ' correct-horse-battery\r',
      NEWSWIRE_TOKEN_AUDIENCE: 'news\t',
      NEWSWIRE_TOKEN_ISSUER: ' https://login.example.org ',
    });
    expect(config.apiKey).toBe('correct-horse-battery');
    expect(config.tokenAudience).toBe('news');
    expect(config.tokenIssuer).toBe('https://login.example.org');
  });

  test.each([
    [{ NEWSWIRE_API_KEY: 'short               ' }],
    [{ NEWSWIRE_API_KEY: 'correct-horse\nbattery' }],
    [{ NEWSWIRE_TOKEN_AUDIENCE: '  ' }],
    [{ NEWSWIRE_TOKEN_ISSUER: '\t' }],
  ])('%j is refused', (environment) => {
    expect(() => read(environment)).toThrow(Object.keys(environment)[0] ?? '');
  });
});
