import { EventTable, MemoryPresence } from '@newswire/broker';
import {
  createRegistry,
  loadConfig,
  NO_PUSHER_APPS,
  PusherApp,
  PusherApps,
} from '@newswire/runtime';
import { expect, test } from 'vitest';
import { buildOptions } from '../../test/rig/access-script.js';
import { HubRig, settled } from '../../test/rig/hub-rig.js';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';
import { BoundedLog } from '../bounded-log.js';
import { openWebhooks, WEBHOOK_REPORT_SETTINGS } from './open-webhooks.js';
import { WebhookReports } from './webhook-reports.js';

const OPTIONS = buildOptions({
  all: {
    events: new Set([
      'channel_occupied',
      'channel_vacated',
      'client_subscribed',
      'client_unsubscribed',
    ]),
  },
  vacated: { events: new Set(['channel_vacated']) },
  subscribed: { events: new Set(['client_subscribed']) },
});

function rig(clientEvents: readonly string[] = []) {
  const reported: string[] = [];
  const webhooks = new WebhookReports({
    reporter: {
      occupy: (channel, queue) => void reported.push(`+${channel} ${queue}`),
      vacate: (channel) => void reported.push(`-${channel}`),
      append: (_, text) => void reported.push(text),
      close: async () => undefined,
    },
    getOptions: OPTIONS,
    clientEvents: new Set(clientEvents),
    wallNow: () => 7,
  });
  return { hub: new HubRig(10, { getOptions: OPTIONS, webhooks }), reported };
}

test('the first and the last subscriber of a channel are reported, and every client', async () => {
  const { hub, reported } = rig();
  const one = await hub.subscribed('all:1');
  const two = await hub.subscribed('all:1');
  const text = (type: string, { session: { client } }: typeof one) =>
    JSON.stringify({ type, time: 7, channel: 'all:1', client });
  one.send({ id: 3, unsubscribe: { channel: 'all:1' } });
  two.session.close('shutdown');
  two.session.handleClose(3001);
  await settled();
  expect(reported).toEqual([
    '+all:1 default',
    text('client_subscribed', one),
    text('client_subscribed', two),
    text('client_unsubscribed', one),
    text('client_unsubscribed', two),
    '-all:1',
  ]);
});

test('only enabled events are reported', async () => {
  const { hub, reported } = rig();
  const client = await hub.subscribed('vacated:1');
  client.send({ id: 3, subscribe: { channel: 'subscribed:1' } });
  client.send({ id: 4, subscribe: { channel: 'other:1' } });
  await settled();
  client.session.handleClose(1000);
  expect(reported.map((text) => text.replace(/^{"type":"(\w+)".*/, '$1'))).toEqual([
    '+vacated:1 default',
    'client_subscribed',
    '-vacated:1',
  ]);
});

test('connections are reported once they are connected, if that is enabled', async () => {
  const { hub, reported } = rig(['client_connected', 'client_disconnected']);
  hub.open().session.handleClose(1006);
  const client = await hub.connected();
  client.session.handleClose(1001);
  const id = client.session.client;
  expect(reported.map((text) => JSON.parse(text) as unknown)).toEqual([
    { type: 'client_connected', time: 7, client: id, transport: 'websocket' },
    { type: 'client_disconnected', time: 7, client: id, code: 1001 },
  ]);
  const only = rig(['client_disconnected']);
  (await only.hub.connected()).session.handleClose(1001);
  expect(only.reported).toHaveLength(1);
});

const APP = {
  id: '1',
  key: 'key',
  isEnabled: true,
  channelPrefix: '',
  clientEvents: true,
  subscriptionCount: false,
  activityTimeoutS: 120,
};

test('without an enabled event there is no reporter, and nothing is written', () => {
  const quiet = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
  const open = (
    events: string,
    options: Partial<typeof OPEN_NAMESPACE> = {},
    apps = NO_PUSHER_APPS,
  ) =>
    openWebhooks(loadConfig(WEBHOOK_REPORT_SETTINGS, { NEWSWIRE_WEBHOOK_EVENTS: events }), {
      writer: new EventTable(),
      apps,
      presence: new MemoryPresence(),
      getOptions: OPTIONS,
      sections: new Map([['default', { ...OPEN_NAMESPACE, ...options }]]),
      log: new BoundedLog(quiet as never, () => 0),
      registry: createRegistry(),
    });
  expect(open('')).toBeUndefined();
  expect(open('client_connected')).toBeDefined();
  expect(open('', { events: new Set(['channel_vacated']) })).toBeDefined();
  const app = { ...APP, webhook: { url: new URL('http://127.0.0.1/'), events: new Set<never>() } };
  expect(open('', {}, new PusherApps([new PusherApp(APP, 'secret')]))).toBeUndefined();
  expect(open('', {}, new PusherApps([new PusherApp(app, 'secret')]))).toBeDefined();
});
