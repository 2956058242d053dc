import { loadPusherApps, PusherApp } from '@newswire/runtime';
import { describe, expect, test } from 'vitest';
import { checkSignature, parseQuery } from './request-signature.js';

// The example of Pusher's documentation of its HTTP API.
const KEY = '278d425bdf160c739803';
const SECRET = '7ad3773142a6692b25b8';
const BODY = '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}';
const SIGNATURE = 'da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c';
const QUERY =
  `auth_key=${KEY}&auth_timestamp=1353088179&auth_version=1.0` +
  `&body_md5=ec365a775a4cd0599faeb73354201b6f&auth_signature=${SIGNATURE}`;
const NOW_MS = 1_353_088_179_000;

const app = new PusherApp(
  {
    id: '3',
    key: KEY,
    isEnabled: true,
    channelPrefix: '',
    clientEvents: false,
    subscriptionCount: false,
    activityTimeoutS: 120,
  },
  SECRET,
);

const check = ({ path = '/apps/3/events', query = QUERY, body = BODY, nowMs = NOW_MS } = {}) =>
  checkSignature(app, { method: 'POST', path, query: parseQuery(query), body }, nowMs);

describe("the signature of Pusher's documentation", () => {
  test('is right, in any order of parameters and for ten minutes', () => {
    expect(() => check()).not.toThrow();
    expect(() => check({ query: QUERY.split('&').toReversed().join('&') })).not.toThrow();
    for (const nowMs of [NOW_MS - 600_000, NOW_MS + 600_000]) {
      expect(() => check({ nowMs })).not.toThrow();
    }
  });

  test.each([
    ['later', { nowMs: NOW_MS + 601_000 }, /auth_timestamp/],
    ['earlier', { nowMs: NOW_MS - 601_000 }, /auth_timestamp/],
    ['for another path', { path: '/apps/3/batch_events' }, /auth_signature/],
    ['for another body', { body: `${BODY} ` }, /body_md5/],
    ['without a body', { body: '' }, /body_md5/],
    ['with another parameter', { query: `${QUERY}&x=1` }, /auth_signature/],
    ['without a signature', { query: QUERY.replace(/&auth_signature.*/, '') }, /auth_signature/],
    ['with a longer signature', { query: `${QUERY}0` }, /auth_signature/],
    ['without a time', { query: QUERY.replace('1353088179', '') }, /auth_timestamp/],
    [
      'with a time that is no number',
      { query: QUERY.replace('1353088179', 'NaN') },
      /auth_timestamp/,
    ],
    ['without the MD5', { query: QUERY.replace(/&body_md5=\w+/, '') }, /body_md5/],
    ['with another key', { query: QUERY.replace(KEY, 'other') }, /auth_key/],
    ['in another version', { query: QUERY.replace('=1.0', '=2.0') }, /auth_version/],
  ])('is refused %s, without a word of the secret', (_, changed, expected) => {
    expect(() => check(changed)).toThrow(expected);
    try {
      check(changed);
    } catch (error) {
      expect(String(error)).not.toContain(SECRET);
      expect(String(error)).not.toContain(SIGNATURE);
    }
  });

  test('covers the path before it was encoded', () => {
    const path = '/apps/3/channels/a b';
    const parameters = `auth_key=${KEY}&auth_timestamp=1353088179&auth_version=1.0`;
    const signature = app.sign(`GET\n${path}\n${parameters}`);
    const query = parseQuery(`${parameters}&auth_signature=${signature}`);
    for (const sent of [path, '/apps/3/channels/a%20b']) {
      const request = { method: 'GET', path: sent, query, body: '' } as const;
      expect(() => checkSignature(app, request, NOW_MS)).not.toThrow();
    }
  });
});

test('a query with a parameter twice is refused', () => {
  expect(() => parseQuery('a=1&a=2')).toThrow('a parameter comes twice');
  expect(() => parseQuery('a=1&%61=2')).toThrow('a parameter comes twice');
  expect([...parseQuery('a=1&b=x%2Fy+z&c')]).toEqual([
    ['a', '1'],
    ['b', 'x/y+z'],
    ['c', ''],
  ]);
});

test('without a setting there are no apps', () => {
  expect(loadPusherApps({ pusherApps: undefined }).findById('3')).toBeUndefined();
});
