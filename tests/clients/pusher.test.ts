import { createHash, createHmac } from 'node:crypto';
import { callApi, missingPrograms, NewswireProcess, until } from '@newswire/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Stack } from '../../services/edge/test/rig/sdk-stack.js';
import { CHROMIUM, startChromium } from './chromium.js';
import type { DrivenClient } from './driven-client.js';
import {
  APP,
  type AppKeys,
  newBackend,
  OTHER_APP,
  PUSHER_SETTINGS,
  startPusherInChromium,
  startPusherInNode,
} from './pusher-clients.js';
import { PUSHER_SCENARIOS, subscribe, type PusherScene } from './pusher-scenarios.js';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

describe.skipIf(missing.length > 0)('Pusher clients (need nginx and redis-server)', () => {
  let stack: Stack;
  let chromium: Browser;
  let clients: DrivenClient[] = [];

  beforeAll(async () => {
    stack = await Stack.start({ ...PUSHER_SETTINGS, NEWSWIRE_PRESENCE_LEASE_MS: '2000' });
    if (CHROMIUM !== undefined) chromium = await startChromium();
  }, 60_000);
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.stop()));
    clients = [];
  });
  afterAll(async () => {
    await chromium?.close();
    await stack?.stop();
  });

  const open = async (client: DrivenClient, app: AppKeys, user: string, port: number) => {
    clients.push(client);
    await client.ask('connect', { key: app.key, port, user });
    return client;
  };
  const portOf = (edge?: number) =>
    (edge === undefined ? stack.nginx : stack.edges[edge])?.port ?? stack.nginx.port;
  const openInNode = (user: string, edge?: number, app = APP) =>
    open(startPusherInNode(app), app, user, portOf(edge));

  const PROGRAMS = {
    'pusher-js in Node': { isHere: true, open: openInNode },
    'pusher-js in Chromium': {
      isHere: CHROMIUM !== undefined,
      open: async (user: string, edge?: number) =>
        open(await startPusherInChromium(chromium, APP, stack.nginx.url), APP, user, portOf(edge)),
    },
  };

  for (const [program, { isHere, open: openClient }] of Object.entries(PROGRAMS)) {
    describe.skipIf(!isHere)(`with ${program}`, () => {
      test.each(PUSHER_SCENARIOS.map((each, i) => [each.name, each, i] as const))(
        '%s',
        async (_, scenario, i) => {
          const scene: PusherScene = {
            open: openClient,
            backend: newBackend(APP, stack.nginx.port),
            name: `${isHere && program.includes('Node') ? 'node' : 'chromium'}-${i}`,
            publish: async (channel, data) => void (await stack.publish(`one:${channel}`, data)),
          };
          await expect(scenario.run(scene)).resolves.toBeUndefined();
        },
        30_000,
      );
    });
  }

  test('a subscription needs a signature of its own app, socket and channel', async () => {
    const client = await openInNode('a');
    const { socketId } = (await client.ask('state')) as { readonly socketId: string };
    const right = newBackend(APP, 1).authorizeChannel(socketId, 'private-signed').auth;
    const foreign = newBackend(OTHER_APP, 1).authorizeChannel(socketId, 'private-signed').auth;
    const ofOther = newBackend(APP, 1).authorizeChannel('1.1', 'private-signed').auth;
    const forOther = newBackend(APP, 1).authorizeChannel(socketId, 'private-other').auth;
    const socket = await RawClient.open(portOf());
    for (const auth of [right, foreign, ofOther, forOther, '', `${right}0`, `${APP.key}:`]) {
      socket.send('pusher:subscribe', { channel: 'private-signed', auth });
      const answer = await socket.next('pusher:subscription_error');
      expect(answer).toMatchObject({
        channel: 'private-signed',
        data: { type: 'AuthError', status: 401 },
      });
    }
    const auth = newBackend(APP, 1).authorizeChannel(socket.socketId, 'private-signed').auth;
    socket.send('pusher:subscribe', { channel: 'private-signed', auth });
    await socket.next('pusher_internal:subscription_succeeded');
    socket.send('pusher:subscribe', { channel: '#server-to-user-a', auth });
    expect(await socket.next('pusher:subscription_error')).toMatchObject({ data: { status: 401 } });
    socket.send('pusher:signin', { auth, user_data: '{"id":"a"}' });
    expect(await socket.closed).toBe(4009);
  });

  test.each([
    ['an unknown app', 'no-such-key?protocol=7', 4001],
    ['a disabled app', 'disabled-key?protocol=7', 4003],
    ['another version', `${APP.key}?protocol=99`, 4007],
    ['no version', `${APP.key}?client=js`, 4008],
  ])('%s is refused with an error and a close code', async (_, path, code) => {
    const socket = await RawClient.open(portOf(), path);
    expect(await socket.next('pusher:error')).toMatchObject({ data: { code } });
    expect(await socket.closed).toBe(code);
  });

  test('pings in both directions; what is no command is an error', async () => {
    const socket = await RawClient.open(portOf());
    socket.send('pusher:ping', {});
    await socket.next('pusher:pong');
    await socket.next('pusher:ping');
    socket.send('pusher:pong', {});
    for (const text of [
      'no JSON',
      '[]',
      '{}',
      '{"event":"pusher:unknown"}',
      '{"event":"client-a"}',
    ]) {
      socket.socket.send(text);
      expect(await socket.next('pusher:error')).toMatchObject({ data: { code: null } });
    }
    socket.socket.close();
  });

  test('apps do not see the channels of one another, and their clients count subscriptions', async () => {
    const one = await openInNode('a', 0);
    const [two, three] = [await openInNode('b', 1, OTHER_APP), await openInNode('c', 2, OTHER_APP)];
    for (const each of [one, two, three]) await subscribe(each, 'both');
    await newBackend(APP, portOf()).trigger('both', 'of-one', {});
    await newBackend(OTHER_APP, portOf()).trigger('both', 'of-two', {});
    await one.tells('of-one', 'both');
    await two.tells('of-two', 'both');
    expect([...one.told('of-two'), ...two.told('of-one')]).toEqual([]);
    await until('the count', () =>
      two
        .told('pusher:subscription_count', 'both')
        .some(({ data }) => (data as { subscription_count: number }).subscription_count === 2),
    );
    expect(one.told('pusher:subscription_count')).toEqual([]);
  });

  test('an event reaches clients of the other protocols; private channels do not', async () => {
    const seed = await newSeed(portOf());
    seed.socket.send('sub#one:shared');
    seed.socket.send('sub#one:private-shared');
    await until('the refusal', () => seed.texts.length > 0);
    expect(seed.texts[0]).toMatch(/^error#103#permission denied/);
    await until('the event', async () => {
      await newBackend(APP, portOf()).trigger(['shared', 'private-shared'], 'news', { a: 1 });
      return seed.texts.length > 1;
    });
    expect(JSON.parse(seed.texts[1] ?? '')).toEqual({ event: 'news', data: { a: 1 } });
    seed.socket.close();
  });

  test('the server API lists channels, their users and counts', async () => {
    const backend = newBackend(APP, portOf());
    const [ann, bob] = [await openInNode('ann', 0), await openInNode('bob', 1)];
    for (const each of [ann, bob]) {
      await subscribe(each, 'presence-list');
      await subscribe(each, 'list,public');
    }
    const read = async (path: string, params = {}) =>
      (await (await backend.get({ path, params })).json()) as object;
    expect(await read('/channels')).toMatchObject({
      channels: { 'presence-list': {}, 'list,public': {} },
    });
    const params = { filter_by_prefix: 'presence-', info: 'user_count' };
    expect(await read('/channels', params)).toEqual({
      channels: { 'presence-list': { user_count: 2 } },
    });
    expect(
      await read('/channels/presence-list', { info: 'user_count,subscription_count' }),
    ).toEqual({
      occupied: true,
      user_count: 2,
      subscription_count: 2,
    });
    expect(await read('/channels/empty')).toEqual({ occupied: false });
    expect(await read('/channels/presence-list/users')).toEqual({
      users: expect.arrayContaining([{ id: 'ann' }, { id: 'bob' }]) as object,
    });
    for (const path of ['/channels/public/users', '/channels/a b']) {
      await expect(backend.get({ path })).rejects.toMatchObject({ status: 400 });
    }
    for (const info of ['cache', 'user_count']) {
      const request = { path: '/channels', params: { info } };
      await expect(backend.get(request)).rejects.toMatchObject({ status: 400 });
    }
    const answer = await backend.trigger(['presence-list', 'list,public'], 'x', 1, {
      info: 'user_count,subscription_count',
    });
    expect(await answer.json()).toEqual({
      channels: {
        'presence-list': { user_count: 2, subscription_count: 2 },
        'list,public': { subscription_count: 2 },
      },
    });
    await backend.triggerBatch([
      { channel: 'list,public', name: 'batch', data: 1 },
      { channel: 'list,public', name: 'batch', data: 2 },
    ]);
    await ann.tells('batch', 'list,public', 2);
    expect(ann.told('batch').map(({ data }) => data)).toEqual([1, 2]);
  });

  test('an event has limits', async () => {
    const backend = newBackend(APP, portOf());
    const event = (n: number) => ({ channel: `c${n}`, name: 'x', data: 1 });
    await expect(backend.trigger('a', 'x', 'y'.repeat(70_000))).rejects.toMatchObject({
      status: 413,
    });
    await expect(backend.trigger('a', 'pusher:x', 1)).rejects.toMatchObject({ status: 400 });
    await expect(backend.trigger('a', 'pusher_internal:x', 1)).rejects.toMatchObject({
      status: 400,
    });
    const eleven = Array.from({ length: 11 }, (_, n) => event(n));
    await expect(backend.triggerBatch(eleven)).rejects.toMatchObject({ status: 400 });
  });

  const nowS = () => Math.floor(Date.now() / 1000);

  test.each<[string, Partial<Signing>, number, string]>([
    ['a right signature', {}, 200, ''],
    ['a wrong secret', { secret: 'another-secret-of-the-app' }, 401, 'auth_signature is wrong'],
    ['a foreign key', { key: OTHER_APP.key, secret: OTHER_APP.secret }, 401, 'auth_key is not'],
    ['an old time', { timestamp: nowS() - 700 }, 401, 'not within 600 s'],
    ['a time in the future', { timestamp: nowS() + 700 }, 401, 'not within 600 s'],
    ['another body', { sentBody: '{"name":"y","data":"1","channel":"a"}' }, 401, 'body_md5'],
    ['another path', { sentPath: '/apps/1/batch_events' }, 401, 'auth_signature is wrong'],
    ['an unknown app', { path: '/apps/9/events' }, 404, 'no such app'],
    [
      'a disabled app',
      { path: '/apps/3/events', key: 'disabled-key', secret: 'a-secret-of-no-use' },
      403,
      'disabled',
    ],
    ['one parameter twice', { more: '&auth_key=other' }, 400, 'twice'],
  ])('a request with %s', async (_, signing, status, text) => {
    const response = await sendSigned(stack.nginx.url, signing);
    expect(response.status).toBe(status);
    const answer = await response.text();
    expect(answer).toContain(text);
    expect(answer).not.toContain(APP.secret);
  });

  test('the users of an edge that was killed leave after its lease', async () => {
    const watcher = await openInNode('watcher', 1);
    await subscribe(watcher, 'presence-killed');
    const lost = await openInNode('lost', 2);
    await subscribe(lost, 'presence-killed');
    await watcher.tells('pusher:member_added', 'presence-killed');
    const [, , edge] = stack.edges;
    const { port } = edge ?? { port: 0 };
    await edge?.stop('SIGKILL');
    expect(watcher.told('pusher:member_removed')).toEqual([]);
    const { data } = await watcher.tells('pusher:member_removed', 'presence-killed');
    expect(data).toMatchObject({ id: 'lost' });
    const environment = { ...PUSHER_SETTINGS, NEWSWIRE_REDIS_URL: stack.redis.url };
    const settings = { ...environment, NEWSWIRE_EDGE_PORT: String(port) };
    stack.edges[2] = await NewswireProcess.start('edge', settings);
  });

  test('clients come back when their edge drains, and no secret is in a log or a metric', async () => {
    const client = await openInNode('a', 0);
    await subscribe(client, 'drained');
    const edge = stack.edges[0];
    await callApi(stack.nginx.url, 'disconnect', {
      client: ((await client.ask('state')) as { socketId: string }).socketId,
      disconnect: { code: 3001, reason: 'shutdown' },
    });
    await client.tells('pusher:subscription_succeeded', 'drained', 2);
    const metrics = await (await fetch(`${edge?.url}/metrics`)).text();
    const logs = [stack.center, ...stack.edges].map(
      ({ process }) => process.stdout + process.stderr,
    );
    for (const text of [metrics, ...logs]) {
      expect(text).not.toContain(APP.secret);
      expect(text).not.toContain(OTHER_APP.secret);
    }
  });
});

interface Signing {
  readonly key: string;
  readonly secret: string;
  readonly timestamp: number;
  readonly path: string;
  readonly sentPath: string;
  readonly sentBody: string;
  readonly more: string;
}

/** A request to publish an event, signed by hand. */
async function sendSigned(url: string, signing: Partial<Signing>): Promise<Response> {
  const { key = APP.key, secret = APP.secret, path = '/apps/1/events', more = '' } = signing;
  const body = '{"name":"x","data":"1","channel":"a"}';
  const md5 = createHash('md5').update(body).digest('hex');
  const timestamp = signing.timestamp ?? Math.floor(Date.now() / 1000);
  const query = `auth_key=${key}&auth_timestamp=${timestamp}&auth_version=1.0&body_md5=${md5}`;
  const signature = createHmac('sha256', secret).update(`POST\n${path}\n${query}`).digest('hex');
  const target = `${url}${signing.sentPath ?? path}?${query}&auth_signature=${signature}${more}`;
  return fetch(target, { method: 'POST', body: signing.sentBody ?? body });
}

interface RawMessage {
  readonly event: string;
  readonly channel?: string;
  readonly data?: unknown;
}

/** A WebSocket that shows every frame. */
class RawClient {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #messages: RawMessage[] = [];
  socketId = '';

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data) => this.#messages.push(JSON.parse(String(data)) as RawMessage));
  }

  static async open(port: number, path = `${APP.key}?protocol=7`): Promise<RawClient> {
    const client = new RawClient(new WebSocket(`ws://127.0.0.1:${port}/app/${path}`));
    await new Promise((resolve) => client.socket.once('open', resolve));
    if (path.endsWith('=7') && path.startsWith(APP.key)) {
      const { data } = await client.next('pusher:connection_established');
      client.socketId = (JSON.parse(String(data)) as { readonly socket_id: string }).socket_id;
    }
    return client;
  }

  send(event: string, data: object): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  /** Resolves with the next message of this event, and removes it. */
  next(event: string): Promise<RawMessage> {
    return until(event, () => {
      const at = this.#messages.findIndex((each) => each.event === event);
      return at < 0 ? undefined : this.#messages.splice(at, 1)[0];
    });
  }
}

async function newSeed(port: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const texts: string[] = [];
  socket.on('message', (data) => texts.push(String(data)));
  await new Promise((resolve) => socket.once('open', resolve));
  return { socket, texts };
}
