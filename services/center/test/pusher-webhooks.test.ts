import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  missingPrograms,
  NewswireProcess,
  RedisServer,
  type ServiceEnvironment,
  type ServiceName,
  until,
} from '@newswire/testkit';
import PusherServer from 'pusher';
import type PusherModule from 'pusher-js';
import { describe, expect, onTestFinished, test } from 'vitest';

/** CommonJS: in Node, its types describe the module and not its export. */
const Library = createRequire(import.meta.url)('pusher-js') as typeof PusherModule.default;
type Pusher = InstanceType<typeof Library>;

const KEY = 'app-key';
const LEASE_MS = 1500;
const GRACE_MS = 500;

const backend = new PusherServer({
  appId: '1',
  key: KEY,
  secret: 'the-secret-of-the-first-app',
  host: '127.0.0.1',
});

/** Receives webhooks, as the npm package `pusher` reads them. */
async function receive() {
  const events: Record<string, unknown>[] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const rawBody = Buffer.concat(chunks).toString();
      const webhook = backend.webhook({ headers: request.headers, rawBody });
      if (!webhook.isValid()) refused.push(rawBody);
      else {
        expect(Math.abs(webhook.getTime().getTime() - Date.now())).toBeLessThan(60_000);
        events.push(...(webhook.getEvents() as never[]));
      }
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const count = (expected: object) => events.filter((each) => isLike(each, expected)).length;
  return { url: `http://127.0.0.1:${port}/`, events, refused, count };
}

function isLike(event: Record<string, unknown>, expected: object): boolean {
  return Object.entries(expected).every(([name, value]) => event[name] === value);
}

const missing = missingPrograms('redis-server', 'redis-cli');

describe.skipIf(missing.length > 0)('webhooks of a Pusher app (needs redis-server)', () => {
  async function cluster() {
    const receiver = await receive();
    const redis = await RedisServer.start();
    onTestFinished(() => redis.dispose());
    const appsFile = join(mkdtempSync(join(tmpdir(), 'newswire-apps-')), 'apps.json');
    const all = [
      'channel_occupied',
      'channel_vacated',
      'member_added',
      'member_removed',
      'client_event',
      'cache_miss',
      'subscription_count',
    ];
    const app = { id: '1', key: KEY, secret: 'the-secret-of-the-first-app' };
    const options = { client_events: true, subscription_count: true, channel_prefix: 'one:' };
    const webhook = { url: receiver.url, events: all };
    writeFileSync(appsFile, JSON.stringify({ apps: [{ ...app, ...options, webhook }] }));
    const settings: ServiceEnvironment = {
      NEWSWIRE_REDIS_URL: redis.url,
      NEWSWIRE_PUSHER_APPS: appsFile,
      NEWSWIRE_PRESENCE_LEASE_MS: String(LEASE_MS),
      NEWSWIRE_WEBHOOK_GRACE_MS: String(GRACE_MS),
      NEWSWIRE_DRAIN_MS: '0',
    };
    const start = async (service: ServiceName) => {
      const process = await NewswireProcess.start(service, settings, { untilReady: false });
      onTestFinished(async () => void (await process.stop('SIGKILL').catch(() => undefined)));
      return process;
    };
    await start('center');
    return { receiver, edges: [await start('edge'), await start('edge')] as const };
  }

  async function connect({ port }: NewswireProcess, user: string): Promise<Pusher> {
    const client = new Library(KEY, {
      cluster: '',
      wsHost: '127.0.0.1',
      wsPort: port,
      forceTLS: false,
      enabledTransports: ['ws'],
      enableStats: false,
      channelAuthorization: {
        customHandler: ({ channelName, socketId }, callback) => {
          const data = channelName.startsWith('presence-') ? { user_id: user } : undefined;
          callback(null, backend.authorizeChannel(socketId, channelName, data));
        },
      },
    } as ConstructorParameters<typeof Library>[1]);
    onTestFinished(() => client.disconnect());
    await until('a connection', () => client.connection.state === 'connected');
    return client;
  }

  test('every event, as the package pusher reads it', async () => {
    const { receiver, edges } = await cluster();
    const { events, count } = receiver;
    const one = await connect(edges[0], 'ann');
    const room = one.subscribe('presence-room');
    one.subscribe('private-cache-state');
    await until(
      'both',
      () => count({ name: 'cache_miss' }) + count({ name: 'member_added' }) === 2,
    );
    room.trigger('client-typing', { text: 'hi' });
    await until('the client event', () => count({ name: 'client_event' }) > 0);
    await until('the count', () => count({ name: 'subscription_count' }) > 0);
    one.disconnect();
    await until('the end', () => count({ name: 'channel_vacated' }) === 2);
    expect(receiver.refused).toEqual([]);
    const of = (channel: string) => events.filter((each) => each['channel'] === channel);
    expect(of('presence-room')).toEqual([
      { name: 'channel_occupied', channel: 'presence-room' },
      { name: 'member_added', channel: 'presence-room', user_id: 'ann' },
      {
        name: 'client_event',
        channel: 'presence-room',
        event: 'client-typing',
        data: '{"text":"hi"}',
        socket_id: expect.stringMatching(/^\d+\.\d+$/) as string,
        user_id: 'ann',
      },
      { name: 'member_removed', channel: 'presence-room', user_id: 'ann' },
      { name: 'channel_vacated', channel: 'presence-room' },
    ]);
    const state = of('private-cache-state').filter(({ name }) => name !== 'subscription_count');
    expect(state).toEqual([
      { name: 'channel_occupied', channel: 'private-cache-state' },
      { name: 'cache_miss', channel: 'private-cache-state' },
      { name: 'channel_vacated', channel: 'private-cache-state' },
    ]);
    expect(count({ name: 'subscription_count', subscription_count: 1 })).toBe(1);
  }, 60_000);

  test('a user with connections on two edges joins once, and leaves once when the last edge is killed', async () => {
    const { receiver, edges } = await cluster();
    const { count } = receiver;
    const [staying, dying] = edges;
    (await connect(dying, 'ann')).subscribe('presence-room');
    const other = await connect(staying, 'ann');
    other.subscribe('presence-room');
    (await connect(staying, 'bob')).subscribe('presence-room');
    await until('both users', () => count({ name: 'member_added' }) === 2);
    await until('all', async () => Object.keys(other.channels.channels).length === 1);
    await delay(500);
    other.disconnect();
    await delay(2 * GRACE_MS);
    expect(count({ name: 'member_removed' })).toBe(0);
    const killedMs = Date.now();
    await dying.stop('SIGKILL');
    await until('the leave', () => count({ name: 'member_removed', user_id: 'ann' }) === 1);
    expect(Date.now() - killedMs).toBeGreaterThan((LEASE_MS * 2) / 3 + GRACE_MS - 50);
    await delay(LEASE_MS + GRACE_MS);
    expect(receiver.events.map(({ name }) => name)).toEqual([
      'channel_occupied',
      'member_added',
      'member_added',
      'member_removed',
    ]);
    expect(receiver.refused).toEqual([]);
  }, 60_000);
});
