import { ProtocolError } from '@newswire/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiRig } from '../../test/rig/api-rig.js';

let rig: ApiRig;
beforeEach(() => {
  rig = new ApiRig({ edge: () => ({ count: 1 }) });
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  [
    'subscribe',
    '{"user":"u","channel":"a","info":{"n": 1.0},"data":[1],"expire_at":5,"recover_since":{"offset":3,"epoch":"e"}}',
    {
      user: 'u',
      channel: 'a',
      info: '{"n": 1.0}',
      data: '[1]',
      expiresAtMs: 5000,
      since: { offset: 3, epoch: 'e' },
    },
  ],
  [
    'subscribe',
    { client: 'c', user: '', channel: 'a', b64info: base64('{}'), b64data: base64('"d"') },
    { client: 'c', channel: 'a', info: '{}', data: '"d"' },
  ],
  [
    'subscribe',
    {
      user: 'u',
      client: null,
      channel: 'a',
      info: null,
      data: null,
      expire_at: 0,
      recover_since: null,
      override: {},
      session: '',
    },
    { user: 'u', channel: 'a' },
  ],
  [
    'unsubscribe',
    { user: 'u', client: 'c', channel: 'a' },
    { user: 'u', client: 'c', channel: 'a' },
  ],
  [
    'unsubscribe',
    { user: 'u', channel: 'a', code: 2502 },
    { user: 'u', channel: 'a', kind: 'stateInvalidated' },
  ],
  ['unsubscribe', { user: 'u', channel: 'a', code: 0 }, { user: 'u', channel: 'a' }],
  ['subscribe', { user: 'u', channel: 'wild:*' }, { user: 'u', channel: 'wild:*' }],
  ['unsubscribe', { user: 'u', channel: 'wild:*' }, { user: 'u', channel: 'wild:*' }],
  ['disconnect', { user: 'u' }, { user: 'u', code: 3503, reason: 'force disconnect' }],
  [
    'disconnect',
    { user: 'u', whitelist: [] },
    { user: 'u', code: 3503, reason: 'force disconnect' },
  ],
  [
    'disconnect',
    { user: 'u', disconnect: { code: 3011 } },
    { user: 'u', code: 3011, reason: 'force reconnect' },
  ],
  [
    'disconnect',
    { user: 'u', disconnect: { code: 4000, reason: 'r' } },
    { user: 'u', code: 4000, reason: 'r' },
  ],
  [
    'disconnect',
    { user: 'u', disconnect: { code: 0, reason: 'bye' } },
    { user: 'u', code: 3503, reason: 'bye' },
  ],
  ['refresh', { user: 'u', expired: true }, { user: 'u', expired: true }],
  [
    'refresh',
    { user: 'u', expire_at: 9, info: { a: 1 } },
    { user: 'u', expired: false, expiresAtMs: 9000, info: '{"a":1}' },
  ],
])('%s %j asks every edge', async (method, body, request) => {
  expect(await rig.call(method, body)).toEqual({ result: {} });
  expect(rig.requests).toEqual([{ method, ...request }]);
});

const ANONYMOUS = [107, 'bad request: user or client is missing'] as const;

test.each([
  ['subscribe', { channel: 'a' }, ...ANONYMOUS],
  ['unsubscribe', { channel: 'a', user: '' }, ...ANONYMOUS],
  ['disconnect', {}, ...ANONYMOUS],
  ['refresh', { client: null }, ...ANONYMOUS],
  ['subscribe', { user: 'u' }, 107, 'bad request: channel is missing'],
  ['subscribe', { user: 'u', channel: 'tame:*' }, 103, expect.any(String)],
  ['subscribe', { user: 'u', channel: 'wild:a:*' }, 107, expect.any(String)],
  ['unsubscribe', { user: 'u', channel: '' }, 107, 'bad request: a channel name is empty'],
  [
    'unsubscribe',
    { user: 'u', channel: 'a', code: 2600 },
    107,
    'bad request: code must be one of 2000, 2500, 2501, 2502',
  ],
  [
    'subscribe',
    { user: 'u', channel: 'a', session: 's' },
    108,
    'not available: session is not supported: name the client instead',
  ],
  ['refresh', { user: 'u', session: 's' }, 108, expect.any(String)],
  ['unsubscribe', { user: 'u', channel: 'a', session: 's' }, 108, expect.any(String)],
  ['disconnect', { user: 'u', session: 's' }, 108, expect.any(String)],
  [
    'subscribe',
    { user: 'u', channel: 'a', override: { presence: { value: true } } },
    108,
    expect.stringContaining('override'),
  ],
  ['disconnect', { user: 'u', whitelist: ['c'] }, 108, expect.stringContaining('whitelist')],
  [
    'disconnect',
    { user: 'u', disconnect: { code: 1000 } },
    107,
    'bad request: disconnect.code must be from 3000 to 4999',
  ],
  ['disconnect', { user: 'u', disconnect: { code: 5000 } }, 107, expect.any(String)],
  [
    'disconnect',
    { user: 'u', disconnect: { code: 4000, reason: 'é'.repeat(62) } },
    107,
    'bad request: disconnect.reason has more than 123 bytes',
  ],
  [
    'disconnect',
    { user: 'u', disconnect: { cod: 4000 } },
    107,
    'bad request: unknown field cod in disconnect',
  ],
  ['refresh', { user: 'u', expire_at: 1.5 }, 107, 'bad request: expire_at must be a whole number'],
  ['refresh', { user: 'u', expire_at: -1 }, 107, expect.any(String)],
  ['refresh', { user: 'u', info: 'x'.repeat(65_536) }, 106, expect.any(String)],
  [
    'subscribe',
    { user: 'u', channel: 'a', info: 1, b64info: 'MQ==' },
    107,
    'bad request: info and b64info exclude each other',
  ],
  [
    'subscribe',
    { user: 'u', channel: 'a', b64data: 'Iv8i' },
    107,
    'bad request: b64data is not base64 of UTF-8',
  ],
  [
    'subscribe',
    { user: 'u', channel: 'a', b64info: base64('text') },
    107,
    'bad request: b64info is not base64 of JSON',
  ],
])('%s refuses %j without a request to the edges', async (method, body, code, message) => {
  expect(await rig.call(method, body)).toEqual({ error: { code, message } });
  expect(rig.requests).toEqual([]);
});

test('an edge that does not answer is said', async () => {
  const request = () => Promise.reject(new ProtocolError('internal', 'an edge is missing'));
  const control = { request, serve: request, requestFrom: request };
  rig = new ApiRig({ parts: { control } });
  expect(await rig.call('disconnect', { user: 'u' })).toEqual({
    error: { code: 100, message: 'internal error: an edge is missing', temporary: true },
  });
});

describe('block_user and unblock_user', () => {
  test('change the list, then notify the edges', async () => {
    const expire_at = Math.floor(Date.now() / 1000) + 60;
    expect(await rig.call('block_user', { user: 'ann', expire_at })).toEqual({ result: {} });
    expect(await rig.call('block_user', { user: 'bob', expire_at: 0 })).toEqual({ result: {} });
    expect([...(await rig.blockList.list())]).toEqual([
      ['ann', expire_at * 1000],
      ['bob', Infinity],
    ]);
    await rig.call('unblock_user', { user: 'ann' });
    expect([...(await rig.blockList.list()).keys()]).toEqual(['bob']);
    expect(rig.requests).toEqual([1, 2, 3].map(() => ({ method: 'reloadBlocked' })));
  });

  test.each([
    {},
    { user: '' },
    { user: null },
    { user: 'x'.repeat(257) },
    { user: 'a', expire_at: 1 },
  ])('%j is refused with 107', async (params) => {
    expect(await rig.call('block_user', params)).toMatchObject({ error: { code: 107 } });
    expect(rig.requests).toEqual([]);
  });
});
