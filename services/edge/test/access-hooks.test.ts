import type { NamespaceOptions } from '@newswire/runtime';
import { describe, expect, test } from 'vitest';
import type { ConnectRequest, RpcRequest } from '../src/access/access.js';
import { hookHeaderNames } from '../src/access/hooks.js';
import { HookClient } from '../src/access/hook-client.js';
import {
  accessRig,
  attempt,
  connectRequest,
  OPTIONS,
  outcome,
  SECRET,
  sign,
} from './rig/access-rig.js';
import { type Answer, Backend, hang, json } from './rig/backend.js';

const HOOKED: NamespaceOptions = { ...OPTIONS, subscribe: 'hook' };

async function rig(answer: Answer, settings: Record<string, string> = {}) {
  const backend = await Backend.start(answer);
  const { access, logged } = accessRig({
    settings: {
      NEWSWIRE_CONNECT_HOOK_URL: `${backend.url}connect`,
      NEWSWIRE_SUBSCRIBE_HOOK_URL: `${backend.url}subscribe`,
      NEWSWIRE_HOOK_TIMEOUT_MS: '20000',
      ...settings,
    },
    getOptions: () => HOOKED,
  });
  return {
    backend,
    logged,
    connect: (request: Partial<ConnectRequest> = {}) =>
      outcome(() => access.connect(connectRequest(request))),
    subscribe: (of: Parameters<typeof attempt>[0] = {}) =>
      outcome(() => access.subscribe(attempt(of))),
  };
}

const ORIGIN = {
  address: '10.0.0.7',
  transport: 'sse',
  headers: { cookie: 'sid=1', origin: 'https://example.org' },
} as const;

describe('the connect hook', () => {
  test('receives the request and returns the user', async () => {
    const { backend, connect } = await rig(
      json({
        result: {
          user: 'ann',
          expire_at: 1_900_000_000,
          info: { name: 'Ann' },
          data: { welcome: true },
          meta: { plan: 1 },
          channels: ['news1'],
          subs: { 'sports:1': { data: [], expire_at: 1_900_000_001 } },
        },
      }),
    );
    const data = '{"big":12345678901234567890}';
    const request = { origin: ORIGIN, data, name: 'js', version: '5', headers: {} };
    expect(await connect(request)).toEqual({
      user: 'ann',
      expiresAtMs: 1_900_000_000_000,
      info: '{"name":"Ann"}',
      data: '{"welcome":true}',
      meta: '{"plan":1}',
      subs: { news1: {}, 'sports:1': { data: '[]', expiresAtMs: 1_900_000_001_000 } },
    });
    const [asked] = backend.asked;
    expect(asked?.method).toBe('POST');
    expect(asked?.body).toBe(
      `{"client":"c1","transport":"sse","protocol":"json","encoding":"json","name":"js","version":"5","data":${data}}`,
    );
    expect(asked?.headers).toMatchObject({
      'content-type': 'application/json',
      cookie: 'sid=1',
      origin: 'https://example.org',
    });
  });

  test('may admit anonymous clients, unless that is off', async () => {
    const answer = json({ result: {} });
    expect(await (await rig(answer)).connect()).toEqual({ user: '', subs: {} });
    const { connect } = await rig(answer, { NEWSWIRE_ANONYMOUS: 'off' });
    expect(await connect()).toEqual({ error: 101 });
  });

  test('is not asked where there is a token', async () => {
    const { backend, connect } = await rig(json({ result: { user: 'bob' } }), {
      NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
    });
    expect(await connect({ token: await sign({ sub: 'ann' }) })).toEqual({ user: 'ann', subs: {} });
    expect(await connect({ token: 'forged' })).toEqual({ close: 3500 });
    expect(backend.asked).toEqual([]);
  });

  test.each([
    [{ error: { code: 1000, message: 'no money' } }, { error: 1000 }],
    [{ disconnect: { code: 4500, reason: 'banned' } }, { close: 4500 }],
    [{ result: { user: 'ann' }, error: { code: 103 } }, { error: 103 }],
    [{ result: { user: 'ann' }, disconnect: { code: 3503 }, error: null }, { close: 3503 }],
  ])('may refuse: %j', async (answer, expected) => {
    expect(await (await rig(json(answer))).connect()).toEqual(expected);
  });

  test("its error's message and temporariness are its own", async () => {
    const backend = await Backend.start(
      json({ error: { code: 1000, message: 'come back', temporary: true } }),
    );
    const { access } = accessRig({ settings: { NEWSWIRE_CONNECT_HOOK_URL: backend.url } });
    const refusal = await Promise.resolve(access.connect(connectRequest())).catch(
      (e: unknown) => e,
    );
    expect((refusal as { toBody(): unknown }).toBody()).toEqual({
      code: 1000,
      message: 'come back',
      temporary: true,
    });
  });
});

describe('headers', () => {
  test('are handed on as chosen; a command speaks only where the request is silent', async () => {
    const { backend, connect } = await rig(json({ result: {} }), {
      NEWSWIRE_HOOK_HEADERS: 'cookie, X-Real-IP, Authorization',
    });
    const origin = { ...ORIGIN, headers: { ...ORIGIN.headers, 'x-real-ip': '6.6.6.6' } };
    await connect({
      origin,
      headers: { Authorization: 'Bearer 1', Cookie: 'sid=2', 'X-Real-IP': '6.6.6.6', Host: 'x' },
    });
    const { headers } = backend.asked[0] ?? {};
    expect(headers).toMatchObject({
      cookie: 'sid=1',
      authorization: 'Bearer 1',
      'x-real-ip': '10.0.0.7',
    });
    expect(headers?.origin).toBeUndefined();
    expect(headers?.host).toMatch(/^127\.0\.0\.1:/);
  });

  test.each(['a\r\nx-evil: 1', 'a\nb', 'snow\u2603man', '\0', 'x'.repeat(8193)])(
    'that can not be are refused with 107: %j',
    async (cookie) => {
      const { backend, connect } = await rig(json({ result: {} }));
      expect(await connect({ headers: { cookie } })).toEqual({ error: 107 });
      expect(backend.asked).toEqual([]);
    },
  );

  test('are asked of connections only where there is a hook', () => {
    const hookHeaders = ['cookie', 'x-real-ip'];
    const config = {
      hookHeaders,
      hookTimeoutMs: 1,
      connectHookUrl: undefined,
      rpcHookUrl: undefined,
      publishHookUrl: undefined,
      refreshHookUrl: undefined,
      subRefreshHookUrl: undefined,
    };
    expect(hookHeaderNames({ ...config, subscribeHookUrl: undefined })).toEqual([]);
    const subscribeHookUrl = new URL('http://127.0.0.1/');
    expect(hookHeaderNames({ ...config, subscribeHookUrl })).toEqual(['cookie']);
    for (const name of ['rpcHookUrl', 'publishHookUrl', 'refreshHookUrl', 'subRefreshHookUrl']) {
      const other = { ...config, subscribeHookUrl: undefined, [name]: subscribeHookUrl };
      expect(hookHeaderNames(other)).toEqual(['cookie']);
    }
  });
});

describe('the subscribe hook', () => {
  test('receives client and channel, and returns the grant', async () => {
    const { backend, subscribe } = await rig(
      json({
        result: { info: 1, data: 'd', expire_at: 0, override: { join_leave: { value: true } } },
      }),
    );
    const credentials = { user: 'ann', subs: {}, meta: '{"plan":1}' };
    const grant = await subscribe({ credentials, data: '[1]', origin: ORIGIN });
    expect(grant).toEqual({ info: '1', data: '"d"', joinLeave: true });
    expect(JSON.parse(backend.asked[0]?.body ?? '')).toEqual({
      client: 'c1',
      transport: 'sse',
      protocol: 'json',
      encoding: 'json',
      user: 'ann',
      channel: 'sports:1',
      data: [1],
      meta: { plan: 1 },
    });
    expect(backend.asked[0]?.headers.cookie).toBe('sid=1');
  });

  test('may refuse', async () => {
    const { backend, subscribe } = await rig(json({ error: { code: 103, message: 'no' } }));
    expect(await subscribe()).toEqual({ error: 103 });
    backend.answer = json({ disconnect: { code: 4000, reason: '' } });
    expect(await subscribe()).toEqual({ close: 4000 });
  });
});

async function rpcRig(answer: Answer, settings: Record<string, string> = {}) {
  const backend = await Backend.start(answer);
  const { rpc, logged } = accessRig({
    settings: { NEWSWIRE_RPC_HOOK_URL: backend.url, ...settings },
  });
  const ask = (given: Partial<RpcRequest> = {}) =>
    outcome(() =>
      rpc?.({
        client: 'c1',
        credentials: { user: 'ann', subs: {}, meta: '{"plan":1}' },
        method: 'add',
        data: '[12345678901234567890]',
        origin: ORIGIN,
        ...given,
      }),
    );
  return { backend, logged, ask };
}

describe('the rpc hook', () => {
  test('receives client and method', async () => {
    const { backend, ask } = await rpcRig(json({ result: { data: { sum: 3 } } }));
    expect(await ask()).toBe('{"sum":3}');
    const [asked] = backend.asked;
    expect(asked?.body).toBe(
      '{"client":"c1","transport":"sse","protocol":"json","encoding":"json","user":"ann","method":"add","data":[12345678901234567890],"meta":{"plan":1}}',
    );
    expect(asked?.headers).toMatchObject({ cookie: 'sid=1', origin: 'https://example.org' });
  });

  test('receives requests of anonymous clients, too', async () => {
    const { backend, ask } = await rpcRig(json({ result: {} }));
    expect(await ask({ credentials: { user: '', subs: {} }, data: undefined, method: '' })).toBe(
      'null',
    );
    expect(JSON.parse(backend.asked[0]?.body ?? '')).toEqual({
      client: 'c1',
      transport: 'sse',
      protocol: 'json',
      encoding: 'json',
    });
  });

  test.each([
    [
      '{"result":{"data":{"n":12345678901234567890,\n "x":1e400}}}',
      '{"n":12345678901234567890,  "x":1e400}',
    ],
    ['{"result":{"data":"a\\u2028\\ud800"}}', JSON.stringify('a\u2028\ud800')],
    ['{"data":2, "result":{"data":1,"b64data":""}}', '1'],
    ['{"result":{"data":1,"b64data":"eyJhIjogMX0="}}', '{"a": 1}'],
    ['{"result":{"data":null}}', 'null'],
    ['{"result":{}}', 'null'],
  ])('answers with %s', async (text, expected) => {
    const { ask } = await rpcRig((response) => response.end(text));
    expect(await ask()).toBe(expected);
  });

  test('may refuse, or end the connection', async () => {
    const { backend, ask } = await rpcRig(json({ error: { code: 404, message: 'no such thing' } }));
    expect(await ask()).toEqual({ error: 404 });
    backend.answer = json({ disconnect: { code: 4501, reason: 'enough' } });
    expect(await ask()).toEqual({ close: 4501 });
  });

  test.each<[string, Answer]>([
    ['hangs', hang],
    ['hangs up', (response) => response.destroy()],
    ['answers 500', json({ result: { data: 1 } }, 500)],
    ['answers what is not JSON', (response) => response.end('{"result":{}}x')],
    ['answers too much', json({ result: { data: 'x'.repeat(300_000) } })],
    ['answers nothing', json({})],
    ['answers b64data that is no JSON', json({ result: { b64data: 'AAAA' } })],
  ])('that %s is error 100', async (_, answer) => {
    const { ask, logged } = await rpcRig(answer, { NEWSWIRE_HOOK_TIMEOUT_MS: '300' });
    expect(await ask()).toEqual({ error: 100 });
    expect(logged.join('')).toContain('the rpc hook: ');
    expect(logged.join('')).not.toMatch(/sid=1|127\.0\.0\.1/);
  });

  test('is not requested after ten failures in a row', async () => {
    const { backend, ask } = await rpcRig(json({}, 500));
    for (let i = 0; i < 12; i++) expect(await ask()).toEqual({ error: 100 });
    expect(backend.asked).toHaveLength(10);
  });
});

describe('a hook that fails admits no client', () => {
  test.each<[string, Answer]>([
    ['hangs', hang],
    ['stops in the middle', (response) => void response.write('{"result":{}')],
  ])('%s', async (_, answer) => {
    const { connect, subscribe, logged } = await rig(answer, { NEWSWIRE_HOOK_TIMEOUT_MS: '100' });
    expect(await connect()).toEqual({ error: 100 });
    expect(await subscribe()).toEqual({ error: 100 });
    expect(logged.join('')).toContain('the connect hook: it took longer than 100 ms');
  });

  test.each<[string, Answer]>([
    ['hangs up', (response) => response.destroy()],
    ['answers 500', json({ result: { user: 'ann' } }, 500)],
    ['answers 201', json({ result: { user: 'ann' } }, 201)],
    ['sends elsewhere', (response) => response.writeHead(307, { location: '/connect' }).end()],
    ['answers nothing', (response) => response.end()],
    ['answers what is not JSON', (response) => response.end('{"result":{}}x')],
    ['answers too much', (response) => response.end(`{"result":{},"x":"${'x'.repeat(300_000)}"}`)],
    ...[
      null,
      [],
      'yes',
      {},
      { result: null },
      { result: [] },
      { result: 'ok' },
      { result: { user: 7, info: 1, expire_at: 'x' } },
      { result: { b64info: 'AAAA' } },
      { error: { code: '103' } },
      { error: { code: 1 } },
      { disconnect: { code: 1000, reason: '' } },
      { disconnect: { code: 4000, reason: 'x'.repeat(124) } },
    ].map((value): [string, Answer] => [
      `answers ${JSON.stringify(value)}`.slice(0, 60),
      json(value),
    ]),
  ])('%s', async (_, answer) => {
    const { backend, connect, subscribe, logged } = await rig(answer);
    expect(await connect({ origin: ORIGIN })).toEqual({ error: 100 });
    expect(await subscribe({ origin: ORIGIN })).toEqual({ error: 100 });
    expect(backend.asked).toHaveLength(2);
    expect(logged.join('')).toContain('the connect hook');
    expect(logged.join('')).not.toMatch(/sid=1|127\.0\.0\.1/);
  });

  test('is not there', async () => {
    const { backend, connect } = await rig(json({ result: {} }));
    backend.close();
    expect(await connect()).toEqual({ error: 100 });
  });
});

test('after ten failures in a row the circuit breaker opens, and one request at a time may try again', async () => {
  const backend = await Backend.start(json({}, 500));
  const clock = { nowMs: 0 };
  const failures: string[] = [];
  const reports: string[] = [];
  const hook = new HookClient({
    hook: 'connect',
    url: new URL(backend.url),
    timeoutMs: 5000,
    onFailure: (message) => failures.push(message),
    onBreaker: (_, message) => reports.push(message),
    now: () => clock.nowMs,
  });
  const ask = () => outcome(() => hook.call('{}', {}, () => 'yes'));
  for (let i = 0; i < 12; i++) expect(await ask()).toEqual({ error: 100 });
  expect(backend.asked).toHaveLength(10);
  expect(failures.at(-1)).toBe('the connect hook: the circuit breaker is open');
  backend.answer = json({});
  expect(await ask()).toEqual({ error: 100 });
  const opened =
    'the connect hook failed 10 times in a row: the circuit breaker is open, one request is sent every 1000 ms';
  expect(reports).toEqual([opened]);
  clock.nowMs = 1000;
  expect([await ask(), await ask()]).toEqual(['yes', 'yes']);
  expect(reports).toEqual([
    opened,
    'the connect hook answers again: the circuit breaker is closed',
  ]);
});

test('no more than 128 ask at once', async () => {
  const held: (() => void)[] = [];
  const backend = await Backend.start((response) => void held.push(() => response.end('{}')));
  const hook = new HookClient({
    hook: 'connect',
    url: new URL(backend.url),
    timeoutMs: 20_000,
    onFailure: () => undefined,
  });
  const answers = Array.from({ length: 200 }, () => hook.call('{}', {}, () => 'yes'));
  await expect.poll(() => held.length, { timeout: 20_000 }).toBe(128);
  held[0]?.();
  await expect.poll(() => held.length, { timeout: 20_000 }).toBe(129);
  backend.answer = json({});
  for (const end of held) end();
  expect(await Promise.all(answers)).toEqual(Array(200).fill('yes'));
});
