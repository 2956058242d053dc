import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig, readEnvironment, SETTINGS, type SettingKey } from './index.js';

const ALL = Object.keys(SETTINGS) as SettingKey[];

function faults(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(ALL, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  test('every default is valid, and a clean environment needs nothing', () => {
    expect(faults({})).toEqual([]);
    expect(loadConfig(['bind', 'port', 'apiKey'], {})).toEqual({ bind: '127.0.0.1', port: 9900 });
  });

  test('reads typed values, and takes an empty one as unset', () => {
    const environment = { NEWSWIRE_PORT: '8080', NEWSWIRE_HOST: '', NEWSWIRE_LOG_LEVEL: 'warn' };
    expect(loadConfig(['port', 'host', 'logLevel'], environment)).toEqual({
      port: 8080,
      logLevel: 'warn',
    });
  });

  test.each([
    ['NEWSWIRE_PORT', 'abc', 'NEWSWIRE_PORT must be a whole number from 0 to 65535, not "abc".'],
    ['NEWSWIRE_PORT', '1e3', 'NEWSWIRE_PORT must be a whole number from 0 to 65535, not "1e3".'],
    [
      'NEWSWIRE_PORT',
      '70000',
      'NEWSWIRE_PORT must be a whole number from 0 to 65535, not "70000".',
    ],
    [
      'NEWSWIRE_BIND',
      'nowhere',
      'NEWSWIRE_BIND must be an IP address or localhost, not "nowhere".',
    ],
    [
      'NEWSWIRE_LOG_LEVEL',
      'loud',
      'NEWSWIRE_LOG_LEVEL must be one of debug, info, warn, error, not "loud".',
    ],
    [
      'NEWSWIRE_URL',
      'localhost:9900',
      'NEWSWIRE_URL must be a URL like http://127.0.0.1:9900, not "localhost:9900".',
    ],
  ])('a bad %s is one clear sentence', (name, value, sentence) => {
    expect(faults({ [name]: value })).toEqual([sentence]);
  });

  test('edges are named by host and port', () => {
    const NEWSWIRE_EDGES = 'edge:9911, 10.0.0.7:1,[::1]:65535';
    expect(loadConfig(['edges'], { NEWSWIRE_EDGES }).edges).toEqual([
      { host: 'edge', port: 9911 },
      { host: '10.0.0.7', port: 1 },
      { host: '::1', port: 65535 },
    ]);
  });

  test.each(['edge', 'edge:', ':9911', 'edge:0', 'edge:65536', 'edge:1,', 'a b:1', '::1:9911'])(
    'edges can not be named %j',
    (name) => {
      expect(faults({ NEWSWIRE_EDGES: name })).toEqual([
        `NEWSWIRE_EDGES must be a list like edge:9911,10.0.0.7:9911, not ${JSON.stringify(name)}.`,
      ]);
    },
  );

  test('a bad secret is refused without being shown', () => {
    expect(faults({ NEWSWIRE_API_KEY: 'hunter2' })).toEqual([
      'NEWSWIRE_API_KEY must be at least 16 characters long, on one line.',
    ]);
  });

  test.each([
    'http://me:hunter2@redis',
    'redis://:hunter%2@redis',
    'redis://hunter%2@redis',
    'redis://:hunter2@redis/one',
    'redis://:hunter2@redis/1/',
    'redis://:hunter2@redis/-1',
  ])('a Redis URL that its client cannot use is refused without being shown: %s', (url) => {
    expect(faults({ NEWSWIRE_REDIS_URL: url })).toEqual([
      'NEWSWIRE_REDIS_URL must be a URL like redis://127.0.0.1:6379, or with a database redis://127.0.0.1:6379/1; write % in a password as %25.',
    ]);
  });

  test.each(['redis://redis', 'redis://me:hunter%252@redis/', 'rediss://redis:6380/15'])(
    'a Redis URL may be %s',
    (url) => {
      expect(loadConfig(['redisUrl'], { NEWSWIRE_REDIS_URL: url }).redisUrl).toBe(url);
    },
  );

  test.each([
    ['NEWSWIRE_TOKEN_HMAC_SECRET', 'x'.repeat(31)],
    ['NEWSWIRE_TOKEN_HMAC_SECRET', '-----BEGIN PUBLIC KEY-----\\nhunter2hunter2hunter2'],
    ['NEWSWIRE_TOKEN_RSA_PUBLIC_KEY', 'hunter2'],
    ['NEWSWIRE_TOKEN_RSA_PUBLIC_KEY', '-----BEGIN PRIVATE KEY-----hunter2'],
    ['NEWSWIRE_TOKEN_JWKS_URL', 'ftp://hunter2.example.org/'],
    ['NEWSWIRE_CONNECT_HOOK_URL', 'http://me:hunter2@backend/'],
    ['NEWSWIRE_SUBSCRIBE_HOOK_URL', 'file:///hunter2'],
  ])('a bad %s is refused without being shown: %s', (name, value) => {
    const [sentence, ...more] = faults({ [name]: value });
    expect(more).toEqual([]);
    expect(sentence).toMatch(new RegExp(`^${name} must be a .+\\.$`));
    expect(sentence).not.toMatch(/hunter2|xxx/);
  });

  test('a PEM key may have its line breaks written out', () => {
    const NEWSWIRE_TOKEN_RSA_PUBLIC_KEY = '-----BEGIN PUBLIC KEY-----\\nabc\\n';
    expect(loadConfig(['tokenRsaPublicKey'], { NEWSWIRE_TOKEN_RSA_PUBLIC_KEY })).toEqual({
      tokenRsaPublicKey: '-----BEGIN PUBLIC KEY-----\nabc\n',
    });
  });

  test.each(['cookie,', 'a b', 'cookie,Host', 'x:y', 'content-length'])(
    'hooks can not be handed the headers %j',
    (NEWSWIRE_HOOK_HEADERS) => {
      expect(faults({ NEWSWIRE_HOOK_HEADERS })).toEqual([
        expect.stringMatching(/^NEWSWIRE_HOOK_HEADERS must be a list of header names/),
      ]);
    },
  );

  test('an unknown name is refused, with the nearest known one; other names are not ours', () => {
    expect(faults({ NEWSWIRE_PROT: '1', PATH: '/bin' })).toEqual([
      'NEWSWIRE_PROT is not a setting: did you mean NEWSWIRE_PORT?',
    ]);
    expect(faults({ NEWSWIRE_COLOUR_OF_THE_SKY: 'blue' })).toEqual([
      'NEWSWIRE_COLOUR_OF_THE_SKY is not a setting: docs/configuration.md lists them.',
    ]);
    expect(faults({ newswire_token_hmac_secret: 'x', 'NEWSWIRE-PORT': '1' })).toEqual([
      'newswire_token_hmac_secret is not a setting: did you mean NEWSWIRE_TOKEN_HMAC_SECRET?',
      'NEWSWIRE-PORT is not a setting: did you mean NEWSWIRE_PORT?',
    ]);
  });

  test("a name that only another service uses is no fault, nor is that one's value looked at", () => {
    expect(loadConfig(['logLevel'], { NEWSWIRE_PORT: 'abc' })).toEqual({ logLevel: 'info' });
  });

  test('all faults are reported at once', () => {
    expect(faults({ NEWSWIRE_PORT: 'x', NEWSWIRE_EDGE_PORT: 'y', NEWSWIRE_Z: '1' })).toHaveLength(
      3,
    );
  });
});

describe('readEnvironment', () => {
  test('the environment wins over .env, which need not exist', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'newswire-')), '.env');
    expect(readEnvironment(file, { A: '1' })).toEqual({ A: '1' });
    writeFileSync(file, 'A=2\nB="two words" # a comment\n');
    expect(readEnvironment(file, { A: '1' })).toEqual({ A: '1', B: 'two words' });
    expect(readEnvironment(file, { A: '' })).toEqual({ A: '2', B: 'two words' });
  });
});
