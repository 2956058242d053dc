import { describe, expect, test } from 'vitest';
import { accessRig, connectRequest, outcome } from './rig/access-rig.js';
import { type Answer, Backend, hang, json } from './rig/backend.js';

const SECONDS = 1_900_000_000;
const { client, origin } = connectRequest({
  origin: { address: '10.0.0.7', transport: 'sse', headers: { cookie: 'sid=1' } },
});
const SESSION = { client, origin, credentials: { user: 'ann', subs: {}, meta: '{"plan":1}' } };
const BASICS = '{"client":"c1","transport":"sse","protocol":"json","encoding":"json","user":"ann"';

async function rig(answer: Answer) {
  const backend = await Backend.start(answer);
  const { hooks, logged } = accessRig({
    settings: {
      NEWSWIRE_PUBLISH_HOOK_URL: `${backend.url}publish`,
      NEWSWIRE_REFRESH_HOOK_URL: `${backend.url}refresh`,
      NEWSWIRE_SUB_REFRESH_HOOK_URL: `${backend.url}sub_refresh`,
      NEWSWIRE_HOOK_TIMEOUT_MS: '300',
    },
  });
  return {
    backend,
    logged,
    publish: (data = '[12345678901234567890]', more: { readonly isBase64?: true } = {}) =>
      outcome(() => hooks.publish?.({ ...SESSION, channel: 'sports:1', data, ...more })),
    refresh: () => outcome(() => hooks.refresh?.(SESSION)),
    subRefresh: () =>
      outcome(() =>
        hooks.subRefresh?.({
          ...SESSION,
          channel: 'sports:1',
          grant: { info: '1', presence: true },
        }),
      ),
  };
}

describe('the publish hook', () => {
  test('receives client, channel and data, with the headers', async () => {
    const { backend, publish } = await rig(json({ result: {} }));
    expect(await publish()).toEqual({ data: '[12345678901234567890]', isTransient: false });
    expect(backend.asked[0]?.body).toBe(
      `${BASICS},"channel":"sports:1","data":[12345678901234567890],"meta":{"plan":1}}`,
    );
    expect(backend.asked[0]?.headers.cookie).toBe('sid=1');
  });

  test('receives bytes that are not JSON as b64data, and may replace them', async () => {
    const { backend, publish } = await rig(json({ result: {} }));
    const bytes = { data: '"/wA="', isBase64: true } as const;
    expect(await publish(bytes.data, bytes)).toEqual({ ...bytes, isTransient: false });
    expect(backend.asked[0]?.body).toContain('"channel":"sports:1","b64data":"/wA=","meta":');
    const changing = await rig(json({ result: { data: 1 } }));
    expect(await changing.publish(bytes.data, bytes)).toEqual({ data: '1', isTransient: false });
  });

  test.each([
    ['{"result":{"data":{"n":12345678901234567890,\n"x":1}}}', '{"n":12345678901234567890, "x":1}'],
    ['{"result":{"b64data":"eyJhIjogMX0="}}', '{"a": 1}'],
    ['{"result":{"data":null}}', '"sent"'],
    ['{"result":{"data":false}}', 'false'],
  ])('may replace the data: %s', async (text, data) => {
    const { publish } = await rig((response) => response.end(text));
    expect(await publish('"sent"')).toEqual({ data, isTransient: false });
  });

  test('may skip the history', async () => {
    const { publish } = await rig(json({ result: { skip_history: true } }));
    expect(await publish('1')).toEqual({ data: '1', isTransient: true });
  });
});

describe('the refresh hook', () => {
  test('receives the client, and returns what replaces its credentials', async () => {
    const { backend, refresh } = await rig(
      json({ result: { expire_at: SECONDS, info: { name: 'Ann' }, meta: [2] } }),
    );
    expect(await refresh()).toEqual({
      user: 'ann',
      subs: {},
      expiresAtMs: SECONDS * 1000,
      info: '{"name":"Ann"}',
      meta: '[2]',
    });
    expect(backend.asked[0]?.body).toBe(`${BASICS},"meta":{"plan":1}}`);
    expect(backend.asked[0]?.headers.cookie).toBe('sid=1');
  });

  test('leaves what it does not name', async () => {
    const { refresh } = await rig(json({ result: { expire_at: SECONDS } }));
    expect(await refresh()).toEqual({ ...SESSION.credentials, expiresAtMs: SECONDS * 1000 });
  });
});

describe('the sub_refresh hook', () => {
  test('receives client and channel, and returns what replaces the grant', async () => {
    const { backend, subRefresh } = await rig(json({ result: { expire_at: SECONDS, info: 2 } }));
    expect(await subRefresh()).toEqual({ info: '2', presence: true, expiresAtMs: SECONDS * 1000 });
    expect(backend.asked[0]?.body).toBe(`${BASICS},"channel":"sports:1","meta":{"plan":1}}`);
    backend.answer = json({ result: { expire_at: SECONDS } });
    expect(await subRefresh()).toMatchObject({ info: '1' });
  });
});

test.each([
  {},
  { expired: true },
  { expired: true, expire_at: SECONDS },
  { expire_at: 0 },
  { expire_at: 1000 },
  { expire_at: null, info: 1 },
])('connections and subscriptions expire by %j', async (result) => {
  const { refresh, subRefresh } = await rig(json({ result }));
  expect(await refresh()).toBeUndefined();
  expect(await subRefresh()).toBeUndefined();
});

describe('each of the three', () => {
  const HOOKS = ['publish', 'refresh', 'subRefresh'] as const;

  test.each(HOOKS)('may refuse, or end the connection: %s', async (hook) => {
    const asked = await rig(json({ error: { code: 1000, message: 'no' } }));
    expect(await asked[hook]()).toEqual({ error: 1000 });
    asked.backend.answer = json({ disconnect: { code: 4501, reason: 'enough' } });
    expect(await asked[hook]()).toEqual({ close: 4501 });
  });

  const FAILURES: readonly (readonly [string, Answer])[] = [
    ['hangs', hang],
    [
      'stops in the middle',
      (response) => void response.write('{"result":{"expire_at":1900000000}'),
    ],
    ['hangs up', (response) => response.destroy()],
    ['answers 500', json({ result: { expire_at: SECONDS } }, 500)],
    ['answers what is not JSON', (response) => response.end('{"result":{}}x')],
    ['answers no object', json([])],
    ['answers no result', json({ result: null })],
    ['answers too much', json({ result: { data: 'x'.repeat(300_000) } })],
    ['answers b64data that is no JSON', json({ result: { b64data: 'AAAA', b64info: 'AAAA' } })],
    ['answers a wrong time or flag', json({ result: { expire_at: 'later', skip_history: 'yes' } })],
  ];
  test.each(
    HOOKS.flatMap((hook) => FAILURES.map(([what, answer]) => [hook, what, answer] as const)),
  )('%s that %s is error 100', async (hook, _, answer) => {
    const asked = await rig(answer);
    expect(await asked[hook]()).toEqual({ error: 100 });
    expect(asked.logged.join('')).toContain(' hook: ');
    expect(asked.logged.join('')).not.toMatch(/sid=1|127\.0\.0\.1/);
  });
});

test('hooks that are not configured do not exist', () => {
  expect(accessRig().hooks).toEqual({
    publish: undefined,
    refresh: undefined,
    subRefresh: undefined,
  });
});
