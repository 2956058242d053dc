import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import Echo from 'laravel-echo';
import { missingPrograms, until } from '@newswire/testkit';
import type Pusher from 'pusher-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '@newswire/testkit';
import { Stack } from '../../services/edge/test/rig/sdk-stack.js';
import {
  APP,
  authorize,
  newBackend,
  PUSHER_SETTINGS,
  startPusherInNode,
} from './pusher-clients.js';
import { subscribe } from './pusher-scenarios.js';
import { hasPython, PYTHON } from './python-client.js';

const run = promisify(execFile);
const Library = createRequire(import.meta.url)('pusher-js') as typeof Pusher;
const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

describe.skipIf(missing.length > 0)('libraries of Pusher (need nginx and redis-server)', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start(PUSHER_SETTINGS);
  }, 60_000);
  afterAll(() => stack?.stop());

  const openEcho = (user: string, port: number) =>
    new Echo({
      broadcaster: 'reverb',
      Pusher: Library,
      key: APP.key,
      cluster: '',
      wsHost: '127.0.0.1',
      wsPort: port,
      forceTLS: false,
      enabledTransports: ['ws'],
      authorizer: ({ name: channelName }: { readonly name: string }) => ({
        authorize: (socketId: string, callback: (error: null, answer: never) => void) =>
          callback(null, authorize(APP, { socketId, channelName, user }) as never),
      }),
    });

  test('Laravel Echo: public, private and presence channels, whispers, leaving', async () => {
    const [ann, bob] = [
      openEcho('ann', stack.edges[0]?.port ?? 0),
      openEcho('bob', stack.edges[1]?.port ?? 0),
    ];
    const backend = newBackend(APP, stack.nginx.port);
    const seen: unknown[] = [];
    const here: unknown[] = [];
    const note = (what: string) => (data: unknown) => void seen.push([what, data]);
    let subscribed = 0;
    const count = () => void subscribed++;
    ann.channel('orders').listen('OrderShipped', note('shipped')).subscribed(count);
    ann.private('orders.1').listen('.paid', note('paid')).subscribed(count);
    ann.private('orders.1').listenForWhisper('typing', note('typing'));
    bob.private('orders.1').subscribed(count);
    await until('the subscriptions', () => subscribed === 3);
    ann
      .join('room')
      .here((users: unknown) => here.push(users))
      .joining(note('joining'))
      .leaving(note('leaving'));
    await until('the list', () => here.length > 0);
    bob.join('room');
    await until('bob', () => seen.length === 1);
    await backend.trigger('orders', 'App\\Events\\OrderShipped', { id: 7 });
    await backend.trigger('private-orders.1', 'paid', { id: 7 });
    bob.private('orders.1').whisper('typing', { by: 'bob' });
    await until('the events', () => seen.length === 4);
    bob.leave('room');
    await until('bob to leave', () => seen.length === 5);
    expect(here).toEqual([[{ name: 'the name of ann' }]]);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['joining', { name: 'the name of bob' }],
        ['shipped', { id: 7 }],
        ['paid', { id: 7 }],
        ['typing', { by: 'bob' }],
        ['leaving', { name: 'the name of bob' }],
      ]),
    );
    ann.disconnect();
    bob.disconnect();
  });

  test.skipIf(!hasPython)(
    "PyPI's pusher: events, batches, channels, users, signatures",
    async () => {
      const client = startPusherInNode(APP);
      await client.ask('connect', { key: APP.key, port: stack.nginx.port, user: 'ann' });
      for (const channel of ['python', 'presence-python']) await subscribe(client, channel);
      const { socketId } = (await client.ask('state')) as { readonly socketId: string };
      const port = String(stack.nginx.port);
      const args = [
        `${ROOT}tests/clients/pusher_api.py`,
        port,
        APP.id,
        APP.key,
        APP.secret,
        socketId,
      ];
      const { stdout } = await run(PYTHON, args);
      await client.tells('item', 'python', 3);
      await client.tells('item', 'presence-python');
      expect(client.told('item', 'python').map(({ data }) => data)).toEqual([
        { from: 'python' },
        1,
        2,
      ]);
      expect(JSON.parse(stdout)).toEqual({
        trigger: {},
        excluded: {},
        batch: {},
        channels: { channels: { 'presence-python': { user_count: 1 } } },
        channel: { occupied: true, user_count: 1, subscription_count: 1 },
        users: { users: [{ id: 'ann' }] },
        'wrong secret': 'PusherBadAuth',
        authenticate: newBackend(APP, 1).authorizeChannel(socketId, 'private-python'),
      });
      await client.stop();
    },
  );
});
