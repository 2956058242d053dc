import { readFileSync } from 'node:fs';
import { ERRORS } from '@newswire/protocol';
import { ROOT } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { errorOfStatus, type HookName, isBackendFailure } from '../src/access/hook-client.js';
import { accessRig, attempt, connectRequest, OPTIONS, outcome } from './rig/access-rig.js';
import { type Answer, Backend, hang, json } from './rig/backend.js';

const GOOD = { result: { user: 'ann' } };
const RENEWED = { result: { expire_at: 1_900_000_000 } };
const GOOD_ANSWERS: Readonly<Record<HookName, unknown>> = {
  connect: { user: 'ann', subs: {} },
  subscribe: {},
  rpc: 'null',
  publish: { data: '"good"', isTransient: false },
  refresh: { user: '', subs: {}, meta: '"good"', expiresAtMs: 1_900_000_000_000 },
  sub_refresh: { expiresAtMs: 1_900_000_000_000 },
};
const HOOKS = Object.keys(GOOD_ANSWERS) as HookName[];

/** A backend that answers visitors as they are: `bad` for those whose data or meta is "bad". */
async function visitors(hook: HookName, bad: Answer) {
  const backend = await Backend.start((response, asked) => {
    const { data, meta } = JSON.parse(asked.body) as { data?: unknown; meta?: unknown };
    const good = hook.endsWith('refresh') ? RENEWED : GOOD;
    ((data ?? meta) === 'bad' ? bad : json(good))(response, asked);
  });
  const clock = { nowMs: 0 };
  const { access, rpc, hooks, logged } = accessRig({
    settings: {
      [`NEWSWIRE_${hook.toUpperCase()}_HOOK_URL`]: backend.url,
      NEWSWIRE_HOOK_TIMEOUT_MS: '5000',
    },
    getOptions: () => ({ ...OPTIONS, subscribe: 'hook' }),
    now: () => clock.nowMs,
  });
  const ask = (data: string) => {
    const asked = { client: 'c1', credentials: { user: '', subs: {} }, data: JSON.stringify(data) };
    switch (hook) {
      case 'connect':
        return outcome(() => access.connect(connectRequest(asked)));
      case 'subscribe':
        return outcome(() => access.subscribe(attempt(asked)));
      case 'rpc':
        return outcome(() => rpc?.({ ...asked, method: 'm' }));
      case 'publish':
        return outcome(() => hooks.publish?.({ ...asked, channel: 'sports:1' }));
      case 'refresh':
        return outcome(() => hooks.refresh?.(identify(asked.data)));
      case 'sub_refresh':
        return outcome(() =>
          hooks.subRefresh?.({ ...identify(asked.data), channel: 'sports:1', grant: {} }),
        );
    }
  };
  return { backend, clock, logged, ask };
}

function identify(meta: string) {
  const { client, origin } = connectRequest();
  return { client, origin, credentials: { user: '', subs: {}, meta } };
}

/** Every answer about one visitor that is no result. */
const BAD_ANSWERS: readonly (readonly [string, Answer])[] = [
  ...[201, 204, 302, 307, 400, 401, 402, 403, 404, 405, 409, 410, 413, 419, 422, 429, 451].map(
    (status): [string, Answer] => [`${status}`, (response) => response.writeHead(status).end()],
  ),
  ['no JSON', (response) => response.end('<html>')],
  ['nothing', (response) => response.end()],
  ['no result', json({})],
  ['a wrong result', json({ result: [] })],
  ['too much', json({ result: { data: 'x'.repeat(300_000) } })],
  [
    'a header that cannot be',
    (response) => response.socket?.end('HTTP/1.1 200 OK\r\nX: \x01\r\n\r\n'),
  ],
  ['headers too long', (response) => response.writeHead(200, { x: 'x'.repeat(40_000) }).end('{}')],
  [
    'what is not gzip',
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{}'),
  ],
];

describe.each(HOOKS)('an answer of the %s hook about one visitor', (hook) => {
  test.each(BAD_ANSWERS)('keeps no other out: %s', async (_, bad) => {
    const { backend, ask } = await visitors(hook, bad);
    for (let i = 0; i < 12; i++) expect(await ask('bad')).not.toEqual(GOOD_ANSWERS[hook]);
    expect(await ask('good')).toEqual(GOOD_ANSWERS[hook]);
    expect(backend.asked).toHaveLength(13);
  });

  test.each([401, 403, 404, 419, 429])(
    'that is %i is that error for its client',
    async (status) => {
      const { ask } = await visitors(hook, json({}, status));
      const { code } = ERRORS[errorOfStatus(hook, status)];
      expect(await ask('bad')).toEqual({ error: code });
    },
  );
});

test('of each hook, 401 is error 101, and 403 is error 103', () => {
  const codes = HOOKS.map((hook) => [401, 403].map((status) => errorOfStatus(hook, status)));
  expect(codes).toEqual(HOOKS.map(() => ['unauthorized', 'permissionDenied']));
});

describe('the circuit breaker opens for a failing backend, and the log reports when', () => {
  test.each<[string, Answer]>([
    ['5xx', json({}, 503)],
    ['a connection that ends', (response) => response.destroy()],
    [
      'an answer that ends early',
      (response) =>
        response.writeHead(200, { 'content-length': 9 }).write('{}', () => response.destroy()),
    ],
  ])('%s', async (_, bad) => {
    const { backend, clock, logged, ask } = await visitors('connect', bad);
    const lines = () =>
      logged
        .map((line) => /"(the connect hook (failed|answers).*)"/.exec(line)?.[1])
        .filter(Boolean);
    const opened =
      'the connect hook failed 10 times in a row: the circuit breaker is open, one request is sent every 1000 ms';
    for (let i = 0; i < 12; i++) expect(await ask('bad')).toEqual({ error: 100 });
    expect(backend.asked).toHaveLength(10);
    expect(await ask('good')).toEqual({ error: 100 });
    for (let second = 1; second <= 5; second++) {
      clock.nowMs = second * 1000;
      expect(await ask('bad')).toEqual({ error: 100 });
    }
    expect(lines()).toEqual([opened]);
    clock.nowMs = 6000;
    expect(await ask('good')).toEqual(GOOD_ANSWERS.connect);
    expect(lines()).toEqual([
      opened,
      'the connect hook answers again: the circuit breaker is closed',
    ]);
    for (let i = 0; i < 10; i++) await ask('bad');
    clock.nowMs = 7000;
    expect(await ask('good')).toEqual(GOOD_ANSWERS.connect);
    expect(lines()).toHaveLength(2);
    clock.nowMs = 10_000;
    for (let i = 0; i < 10; i++) await ask('bad');
    expect(lines()).toHaveLength(3);
  });

  test('a bad visitor does not keep that out of the log', async () => {
    const { backend, logged, ask } = await visitors('connect', hang);
    backend.answer = (response, { body }) =>
      body.includes('bad') ? response.end('<html>') : response.destroy();
    await ask('bad');
    await ask('good');
    expect(logged.join('')).toMatch(/its answer is not JSON.*UND_ERR_SOCKET/);
  });
});

test('time-outs count, too', async () => {
  const backend = await Backend.start(hang);
  const { access } = accessRig({
    settings: { NEWSWIRE_CONNECT_HOOK_URL: backend.url, NEWSWIRE_HOOK_TIMEOUT_MS: '20' },
  });
  const connect = () => outcome(() => access.connect(connectRequest()));
  for (let i = 0; i < 12; i++) expect(await connect()).toEqual({ error: 100 });
  expect(backend.asked).toHaveLength(10);
});

test('the table in docs/hooks.md is what happens', () => {
  const text = readFileSync(`${ROOT}docs/hooks.md`, 'utf8');
  const [, head = ''] = /^\| HTTP status +\|(.*)\|$/m.exec(text) ?? [];
  const columns = head.split('|').map((cell) => cell.trim().split(', '));
  const inHead = HOOKS.map((hook) => columns.findIndex((names) => names.includes(hook)));
  expect(inHead).not.toContain(-1);
  const rows = [...text.matchAll(/^\| (\d{3}(?:, \d{3})*) +\|(.*)\|$/gm)];
  const listed = rows.flatMap(([, statuses = '', cells = '']) => {
    const inRow = cells.split('|').map((cell) => Number.parseInt(cell.trim(), 10));
    const codes = inHead.map((column) => inRow[column]);
    return statuses.split(', ').map((status) => [Number(status), codes] as const);
  });
  const documented = new Map(listed);
  expect(documented.size).toBeGreaterThan(5);
  for (let status = 100; status < 600; status++) {
    const codes = HOOKS.map((hook) => ERRORS[errorOfStatus(hook, status)].code);
    expect([status, documented.get(status) ?? HOOKS.map(() => 100)]).toEqual([status, codes]);
    expect(isBackendFailure(status)).toBe(status >= 500);
  }
});
