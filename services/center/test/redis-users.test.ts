import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  callApi,
  NewswireProcess,
  publish,
  RedisServer,
  ROOT,
  SseClient,
  subscribed,
  until,
} from '@newswire/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

let redis: RedisServer;
let center: NewswireProcess;
let edge: NewswireProcess;
const folder = mkdtempSync(join(tmpdir(), 'newswire-users-'));

/** As docs/redis.md says, with its passwords. */
async function createUsers(): Promise<void> {
  const text = readFileSync(`${ROOT}docs/redis.md`, 'utf8');
  const lines = text.match(/^ACL SETUSER .+$/gm) ?? [];
  expect(lines.length).toBe(2);
  for (const line of lines) await redis.cli(...line.split(' '));
  await redis.cli('ACL', 'SETUSER', 'default', 'off', 'nocommands');
}

function start(service: 'edge' | 'center', channelsFile: string): Promise<NewswireProcess> {
  const user = `${service}:${service.toUpperCase()}_PASSWORD`;
  return NewswireProcess.start(service, {
    NEWSWIRE_REDIS_URL: `redis://${user}@127.0.0.1:${redis.port}`,
    NEWSWIRE_CHANNELS_FILE: channelsFile,
    NEWSWIRE_DRAIN_MS: '0',
  });
}

/** An administrator of Redis. */
function admin(...args: string[]): Promise<string> {
  return redis.cli('--user', 'admin', '--pass', 'pw', '--no-auth-warning', ...args);
}

beforeAll(async () => {
  redis = await RedisServer.start();
  await redis.cli('ACL', 'SETUSER', 'admin', 'on', '>pw', '~*', '&*', '+@all');
  await createUsers();
  const channelsFile = join(folder, 'channels.json');
  writeFileSync(channelsFile, '{"default":{"presence":true,"join_leave":true}}');
  center = await start('center', channelsFile);
  edge = await start('edge', channelsFile);
});
afterAll(async () => {
  for (const each of [center, edge]) await each.stop('SIGKILL');
  await redis.dispose();
  rmSync(folder, { recursive: true });
});

test('with the documented users all works, and Redis refuses nothing', async () => {
  const { url } = center;
  const client = new SseClient(`${edge.url}/sse?channels=a`);
  await client.open();
  await client.begun();
  await subscribed(url, 'a', 1);
  await publish(url, 'a', 'one');
  expect(await client.received('a', 1)).toEqual(['one']);

  client.cut();
  await subscribed(url, 'a', 0);
  await callApi(url, 'publish', { channel: 'a', data: 'two', idempotency_key: 'k' });
  await client.open();
  expect(await client.received('a', 2)).toEqual(['one', 'two']);

  await until('presence', async () => {
    const reply = await callApi(url, 'presence_stats', { channel: 'a' });
    return (reply as { result: { num_clients: number } }).result.num_clients === 1;
  });
  expect(await admin('PUBLISH', 'news:a', 'three')).toBe('1');
  expect(await client.received('a', 3)).toEqual(['one', 'two', 'three']);
  expect(await callApi(url, 'history', { channel: 'a', limit: 10 })).toMatchObject({
    result: { publications: [{ data: 'one' }, { data: 'two' }, { data: 'three' }] },
  });
  expect(await callApi(url, 'history_remove', { channel: 'a' })).toEqual({ result: {} });
  expect(await callApi(url, 'history', { channel: 'a', limit: 10 })).toMatchObject({
    result: { publications: [] },
  });
  expect(await callApi(url, 'info', {})).toMatchObject({ result: { nodes: [{ num_clients: 1 }] } });
  client.cut();

  // Everything again on new connections.
  await admin('CLIENT', 'KILL', 'USER', 'edge');
  await admin('CLIENT', 'KILL', 'USER', 'center');
  await until('both', async () =>
    (await Promise.all([center, edge].map((each) => each.status('/readyz')))).every(
      (status) => status === 200,
    ),
  );
  expect(await admin('ACL', 'LOG')).toBe('');
});
