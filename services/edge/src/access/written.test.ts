import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import {
  accessRig,
  attempt,
  connectRequest,
  outcome,
  SECRET,
  signText,
} from '../../test/rig/access-rig.js';
import { readConnectAnswer, readRpcAnswer, readSubscribeAnswer } from './hook-answers.js';

const { access } = accessRig({ settings: { NEWSWIRE_TOKEN_HMAC_SECRET: SECRET } });

type Read = (members: string) => unknown;

/** How each source reads an object with these members. */
const CREDENTIALS: readonly (readonly [string, Read])[] = [
  ['a connection token', (members) => connect(`{${members}}`)],
  ['a refresh', (members) => refresh(`{"sub":"ann",${members}}`)],
  ['a connect hook', (members) => hook(readConnectAnswer, members)],
];

const GRANTS: readonly (readonly [string, Read])[] = [
  ['a subscription token', (members) => subscribe(`{"sub":"ann","channel":"sports:1",${members}}`)],
  ['a sub_refresh', (members) => subRefresh(`{"sub":"ann","channel":"sports:1",${members}}`)],
  ['a subscribe hook', (members) => hook(readSubscribeAnswer, members)],
  ['subs of a token', (members) => grantIn(connect(`{"subs":{"a":{${members}}}}`))],
  [
    'subs of a connect hook',
    (members) => grantIn(hook(readConnectAnswer, `"subs":{"a":{${members}}}`)),
  ],
];

const connect = (claims: string) =>
  outcome(() => access.connect(connectRequest({ token: signText(claims) })));
const refresh = (claims: string) =>
  outcome(() => access.refresh('c1', { user: 'ann', subs: {} }, signText(claims)));
const subscribe = (claims: string) =>
  outcome(() => access.subscribe(attempt({ token: signText(claims) })));
const subRefresh = (claims: string) =>
  outcome(() => access.subRefresh(attempt({ token: signText(claims) })));

function hook<T>(read: (answer: unknown, text: string) => T, members: string): T {
  const text = `{"result":{"data":0},\n "result": {${members}}}`;
  return read(JSON.parse(text), text);
}

async function grantIn(credentials: unknown): Promise<unknown> {
  return Object.entries(((await credentials) as { subs: object }).subs)[0]?.[1];
}

/** JSON, and the text that newswire passes on. */
const TEXTS = [
  ['1147953659032899584', '1147953659032899584'],
  ['1.50', '1.50'],
  ['-0', '-0'],
  ['1e400', '1e400'],
  [
    '{"id":1147953659032899584,\n "2":1.0, "1":[1.50 ],"__proto__":{}}',
    '{"id":1147953659032899584,  "2":1.0, "1":[1.50 ],"__proto__":{}}',
  ],
  ['"a\\u0041\\n\\ud800"', '"aA\\n\\ud800"'],
  ['false', 'false'],
] as const;

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe.each([...CREDENTIALS, ...GRANTS])('of %s', (_, read) => {
  test.each(TEXTS)('info stays as it was written: %s', async (text, line) => {
    expect(await read(`"info":${text}`)).toMatchObject({ info: line });
    expect(await read(`"b64info":"${base64(` ${text}\n`)}"`)).toMatchObject({ info: line });
    expect(await read(`"info":7,"b64info":"${base64(text)}"`)).toMatchObject({ info: line });
  });

  test('the last of two counts, as it does for the members beside', async () => {
    expect(await read('"info":1,"inf\\u006f":2.0')).toMatchObject({ info: '2.0' });
    expect(await read('"info":1,"info":null')).not.toHaveProperty('info');
    expect(await read('"expire_at":9000000001,"expire_at":9000000002')).toMatchObject({
      expiresAtMs: 9_000_000_002_000,
    });
  });

  test('null is as if the member were not there', async () => {
    const plain = await read('"x":0');
    const names =
      'exp nbf iat jti aud iss client expire_at info b64info data b64data meta channels subs override';
    const nulls = names.split(' ').map((name) => `"${name}":null`);
    for (const members of [...nulls, nulls.join()]) {
      expect([members, await read(members)]).toEqual([members, plain]);
    }
  });
});

describe.each(CREDENTIALS)('of %s', (_, read) => {
  test.each(TEXTS)('meta stays as it was written: %s', async (text, line) => {
    expect(await read(`"meta":${text}`)).toMatchObject({ meta: line });
  });

  test('channels may have any name, and what is null in subs is not there', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const subs = names.map((name) => `"${name}":{"info":1.0}`).join();
    const { subs: found } = (await read(`"subs":{${subs},"a":null}`)) as { subs: object };
    expect(Object.entries(found)).toEqual(names.map((name) => [name, { info: '1.0' }]));
    const listed = (await read(`"channels":${JSON.stringify(names)}`)) as { subs: object };
    expect(Object.entries(listed.subs)).toEqual(names.map((name) => [name, {}]));
    const { subs: none } = (await read('"channels":[]')) as { subs: object };
    expect(none).toEqual({});
  });

  test('a channel that comes twice is as the last says, in the last subs', async () => {
    const first = '"subs":{"a":{"info":1},"b":{"info":1}}';
    const last = '"subs":{"a":{"info":2,"data":2},"\\u0061":{"info":3.0}}';
    const { subs } = (await read(`${first},${last}`)) as { subs: object };
    expect(subs).toEqual({ a: { info: '3.0' } });
  });
});

describe.each(GRANTS)('of %s', (_, read) => {
  test.each(TEXTS)('data stays as it was written: %s', async (text, line) => {
    expect(await read(`"data":${text}`)).toMatchObject({ data: line });
    expect(await read(`"b64data":"${base64(text)}"`)).toMatchObject({ data: line });
  });

  test('null inside of override is not there either', async () => {
    const flags = '"presence":null,"join_leave":null,"recover":null';
    const override = `"override":{${flags},"force_recovery":{"value":null}}`;
    expect(await read(override)).toEqual({ ...((await read('"x":0')) as object), recovery: false });
  });
});

describe('of a hook', () => {
  test.each(TEXTS)('data for the client stays as it was written: %s', (text, line) => {
    expect(hook(readConnectAnswer, `"data":${text}`)).toMatchObject({ data: line });
    expect(hook(readConnectAnswer, `"b64data":"${base64(text)}"`)).toMatchObject({ data: line });
    expect(hook(readRpcAnswer, `"data":${text}`)).toBe(line);
    expect(hook(readRpcAnswer, `"b64data":"${base64(text)}"`)).toBe(line);
  });

  test.each([
    '{"result":{"user":null},"error":null,"disconnect":null}',
    '{"result":{"user":null,"data":null,"b64data":null,"info":null,"b64info":null,"expire_at":null,"meta":null,"channels":null,"subs":null}}',
  ])('null is as if the member were not there: %s', (text) => {
    expect(readConnectAnswer(JSON.parse(text), text)).toEqual({ user: '', subs: {} });
    expect(readSubscribeAnswer(JSON.parse(text), text)).toEqual({});
    expect(readRpcAnswer(JSON.parse(text), text)).toBe('null');
  });

  test('null in an error or a disconnect, too', () => {
    const refusal = '{"error":{"code":103,"message":null,"temporary":null}}';
    expect(readConnectAnswer(JSON.parse(refusal), refusal)).toMatchObject({
      code: 103,
      message: '',
      temporary: false,
    });
    const end = '{"disconnect":{"code":4000,"reason":null}}';
    expect(readConnectAnswer(JSON.parse(end), end)).toMatchObject({ code: 4000, reason: '' });
  });

  test.each(['{"result":null}', '{"result":null,"error":null}', '{"error":{"code":null}}', 'null'])(
    'is no yes: %s',
    (text) => expect(() => readConnectAnswer(JSON.parse(text), text)).toThrow(/^its answer /),
  );
});

describe('null opens no door', () => {
  test('a subscription token for the channel null is for none', async () => {
    expect(await subscribe('{"sub":"ann","channel":null}')).toEqual({ error: 103 });
    expect(await subRefresh('{"sub":"ann","channel":null}')).toEqual({ error: 103 });
    expect(await subscribe('{"sub":"ann"}')).toEqual({ error: 103 });
  });

  test('a subscription token of the user null belongs to no user', async () => {
    expect(await subscribe('{"sub":null,"channel":"sports:1"}')).toEqual({ error: 103 });
  });

  test('a connection token of the user null names no user', async () => {
    expect(await connect('{"sub":null,"channel":null}')).toEqual({ user: '', subs: {} });
    const settings = { NEWSWIRE_TOKEN_HMAC_SECRET: SECRET, NEWSWIRE_ANONYMOUS: 'off' };
    const strict = accessRig({ settings }).access;
    const token = signText('{"sub":null}');
    expect(await outcome(() => strict.connect(connectRequest({ token })))).toEqual({ error: 101 });
  });
});

test('thousands of channels in one answer are read in one pass', () => {
  const subs = Array.from({ length: 10_000 }, (_, i) => `"c${i}":{"info":${i}.0}`);
  const { subs: found } = hook(readConnectAnswer, `"subs":{${subs.join()}}`) as { subs: object };
  expect(Object.entries(found).at(-1)).toEqual(['c9999', { info: '9999.0' }]);
});
