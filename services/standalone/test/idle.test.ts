import { fileURLToPath } from 'node:url';
import {
  freePort,
  NewswireProcess,
  RedisServer,
  until,
  type ServiceEnvironment,
  type ServiceName,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

/** What an idle process may be woken for at most this often. */
const SHORTEST_MS = 100;

const running: NewswireProcess[] = [];
let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of running.splice(0)) await each.stop('SIGKILL');
});
afterAll(() => redis.dispose());

/** The service, ready, with a report of its timers on SIGUSR2. */
async function start(service: ServiceName, environment: ServiceEnvironment) {
  vi.stubEnv(
    'NODE_OPTIONS',
    `--import ${fileURLToPath(new URL('rig/report-timers.mjs', import.meta.url))}`,
  );
  const started = await NewswireProcess.start(service, environment);
  running.push(started);
  return started;
}

async function countTimers({ process }: NewswireProcess) {
  process.signal('SIGUSR2');
  const line = await until('the report', () => /^\{"timersMs".*$/m.exec(process.stderr)?.[0]);
  return JSON.parse(line) as { timersMs: number[]; monitorsMs: number[] };
}

/** How often the service is woken at least, in ms: those that are too often. */
function tooOften({ timersMs, monitorsMs }: Awaited<ReturnType<typeof countTimers>>): number[] {
  return [...timersMs, ...monitorsMs].filter((ms) => ms < SHORTEST_MS);
}

test('no timer wakes an idle embedded server more than ten times a second', async () => {
  const timers = await countTimers(await start('standalone', {}));
  expect(timers.timersMs).toContain(250); // the report sees what there is
  expect(timers.monitorsMs).toContain(SHORTEST_MS);
  expect(tooOften(timers)).toEqual([]);
});

test.each(['edge', 'center'] as const)('nor an idle %s with Redis', async (service) => {
  const started = await start(service, { NEWSWIRE_REDIS_URL: redis.url });
  expect(tooOften(await countTimers(started))).toEqual([]);
});

test('nor an idle edge and center without Redis', async () => {
  const delegatePort = String(await freePort());
  const shared = {
    NEWSWIRE_BROKER: 'delegate',
    NEWSWIRE_LINK_SECRET: 'a link secret of 32 characters or more',
  } as const;
  const edges = `127.0.0.1:${delegatePort}`;
  const both = await Promise.all([
    start('edge', { ...shared, NEWSWIRE_DELEGATE_PORT: delegatePort }),
    start('center', { ...shared, NEWSWIRE_EDGES: edges }),
  ]);
  expect((await Promise.all(both.map(countTimers))).map(tooOften)).toEqual([[], []]);
});
