import { NewswireProcess, RedisServer, callApi, publish, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const SERVICES = ['center', 'edge'] as const;

let redis: RedisServer;
const running: NewswireProcess[] = [];
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop('SIGKILL');
});
afterAll(() => redis.dispose());

/** A service whose Redis user has these rules. */
async function start(service: (typeof SERVICES)[number], ...rules: string[]) {
  await redis.cli('ACL', 'SETUSER', service, 'reset', 'on', '>pw', ...rules);
  const url = `redis://${service}:pw@127.0.0.1:${redis.port}`;
  const environment = { NEWSWIRE_REDIS_URL: url } as const;
  const started = await NewswireProcess.start(service, environment, { untilReady: false });
  running.push(started);
  return started;
}

async function reasons({ url }: NewswireProcess): Promise<readonly string[]> {
  const response = await fetch(`${url}/readyz`);
  const body = (await response.json()) as { ready: boolean; reasons?: string[] };
  expect(body.ready).toBe(response.status === 200);
  return body.reasons ?? [];
}

/** The messages of the service's warnings. */
function warnings({ process }: NewswireProcess): string[] {
  const lines = process.stdout.split('\n').filter((line) => line.startsWith('{'));
  const entries = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
  return entries.filter(({ level }) => level === 40).map(({ msg }) => msg);
}

describe.each(SERVICES)('%s', (service) => {
  test.each([
    ['INFO', ['~*', '&*', '+@all', '-info'], /^Redis answered: NOPERM .*'info'/],
    ['channels', ['~*', 'resetchannels', '+@all'], /^Redis answered: (NOPERM|ERR) .*channel/],
    ['keys', ['&*', '+@all'], /^Redis answered: NOPERM .*keys/],
  ])('without %s: unready, and Redis’ own text in the log', async (_, rules, expected) => {
    const started = await start(service, ...rules);
    await until('the log', () => warnings(started).some((line) => expected.test(line)));
    await until('the reason', async () => expected.test((await reasons(started))[0] ?? ''));
    await redis.cli('ACL', 'SETUSER', service, '~*', '&*', '+@all');
    await until('the service', async () => (await reasons(started)).length === 0);
    const lines = warnings(started);
    expect(new Set(lines).size).toBe(lines.length);
  });
});

test('center without the inlet’s channels publishes, is ready, and says what is lost', async () => {
  const started = await start('center', '~*', 'resetchannels', '&nw*', '+@all');
  const closed = /^the inlet is closed and messages to its topics are lost: NOPERM .*channels/;
  await until('the log', () => warnings(started).some((line) => closed.test(line)));
  expect(await reasons(started)).toEqual([]);
  expect(await publish(started.url, 'a', 'text')).toMatchObject({ result: { offset: 1 } });
  await redis.cli('ACL', 'SETUSER', 'center', '&*');
  await until('the inlet', async () => (await redis.cli('PUBLISH', 'news:a', 'x')) === '1');
});

test('an edge that center cannot reach is not ready', async () => {
  const channels = ['&nw*:{*', '&nw*:reply:*', '&nw*:presence:*', '&nw*:control:check'];
  const started = await start('edge', '~*', 'resetchannels', ...channels, '+@all');
  const expected = /^center cannot reach this edge: .*NOPERM .*channels/;
  await until('the log', () => warnings(started).some((line) => /NOPERM .*channels/.test(line)));
  expect(await reasons(started)).toEqual([expect.stringMatching(expected)]);
  await redis.cli('ACL', 'SETUSER', 'edge', '&*');
  await until('the edge', async () => (await reasons(started)).length === 0);
});

test('a Redis that may evict: one warning, and all goes on', async () => {
  await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  try {
    const started = await start('center', '~*', '&*', '+@all');
    await until('center', async () => (await reasons(started)).length === 0);
    const expected = /its maxmemory-policy is allkeys-lru, set it to noeviction/;
    expect(warnings(started).filter((line) => expected.test(line)).length).toBe(1);
    await callApi(started.url, 'channels', {});
  } finally {
    await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  }
});
