import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  freePort,
  missingPrograms,
  NewswireProcess,
  RedisServer,
  SeedClient,
  subscribed,
  type ServiceEnvironment,
  type ServiceName,
  until,
} from '@newswire/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  accept,
  acceptSlowly,
  hang,
  refuse,
  WEBHOOK_SECRET,
  WebhookReceiver,
} from './rig/webhook-receiver.js';

const LEASE_MS = 1500;
const GRACE_MS = 600;
const OCCUPANCY = ['channel_occupied', 'channel_vacated'];

const folder = mkdtempSync(join(tmpdir(), 'newswire-webhooks-'));
const channelsFile = join(folder, 'channels.json');
const all = [...OCCUPANCY, 'client_subscribed', 'client_unsubscribed'];
writeFileSync(
  channelsFile,
  JSON.stringify({
    namespaces: { all: { events: all }, room: { events: OCCUPANCY }, open: {} },
  }),
);

/** The settings of every process; center and standalone also send. */
const COMMON = {
  NEWSWIRE_CHANNELS_FILE: channelsFile,
  NEWSWIRE_PRESENCE_LEASE_MS: String(LEASE_MS),
  NEWSWIRE_WEBHOOK_GRACE_MS: String(GRACE_MS),
  NEWSWIRE_WEBHOOK_EVENTS: 'client_connected,client_disconnected',
  NEWSWIRE_DRAIN_MS: '0',
  NEWSWIRE_COMMANDS_PER_SECOND: '10000',
} as const;

const toReceiver = ({ url }: WebhookReceiver) => ({
  NEWSWIRE_WEBHOOK_URL: url,
  NEWSWIRE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  NEWSWIRE_WEBHOOK_TIMEOUT_MS: '500',
});

async function start(service: ServiceName, settings: ServiceEnvironment) {
  const options = { untilReady: service === 'standalone' };
  const process = await NewswireProcess.start(service, { ...COMMON, ...settings }, options);
  onTestFinished(async () => void (await process.stop('SIGKILL').catch(() => undefined)));
  return process;
}

async function subscribe({ webSocketUrl }: NewswireProcess, ...channels: string[]) {
  const client = await SeedClient.open(webSocketUrl);
  onTestFinished(() => client.close());
  client.send(`sub#${channels.join('|')}`);
  return client;
}

/** Resolves once the channel has these events. They must stay as they are for a while. */
async function settled(
  receiver: WebhookReceiver,
  channel: string,
  expected: string,
): Promise<void> {
  await until(
    `${channel}: ${expected}`,
    () => receiver.of(channel).join('') === expected,
    30_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}, not ${receiver.of(channel).join('')}`);
  });
}

test('a client and its channels: every event in order, signed, and only where enabled', async () => {
  const receiver = await WebhookReceiver.start();
  const newswire = await start('standalone', toReceiver(receiver));
  const one = await subscribe(newswire, 'all:a', 'open:a', 'room:a');
  const two = await subscribe(newswire, 'all:a');
  await settled(receiver, 'all:a', '+>>');
  one.close();
  await settled(receiver, 'all:a', '+>><');
  two.close();
  await settled(receiver, 'all:a', '+>><<-');
  await settled(receiver, 'room:a', '+-');
  expect(receiver.of('open:a')).toEqual([]);
  const clients = receiver.events.filter(({ type }) => type.endsWith('connected'));
  expect(clients.map(({ type }) => type)).toEqual([
    'client_connected',
    'client_connected',
    'client_disconnected',
    'client_disconnected',
  ]);
  expect(clients[0]).toMatchObject({
    transport: 'websocket',
    client: expect.any(String) as string,
  });
  expect(clients[3]?.code).toBeGreaterThanOrEqual(1000);
  expect(receiver.badSignatures).toEqual([]);
  expect(receiver.repeated).toBe(0);
});

/** A client that subscribes to channels and leaves them, one change after another, and its rounds. */
async function churn(
  { webSocketUrl }: NewswireProcess,
  channels: readonly string[],
  rounds: number,
) {
  const client = await SeedClient.open(webSocketUrl);
  onTestFinished(() => client.close());
  let id = 0;
  const ask = async (commands: readonly object[]) => {
    client.send(commands.map((command) => JSON.stringify({ id: ++id, ...command })).join('\n'));
    const last = id;
    await until(`reply ${last}`, () => client.frames.some((f) => f.includes(`{"id":${last},`)));
  };
  const change = (verb: string) => ask(channels.map((channel) => ({ [verb]: { channel } })));
  await ask([{ connect: {} }]);
  await change('subscribe');
  for (let round = 0; round < rounds; round++) {
    await change('unsubscribe');
    await change('subscribe');
  }
  expect(client.frames.join('')).not.toContain('"error"');
  return client;
}

test('a receiver that is slow, refuses or is away gets every event, in order per channel', async () => {
  const receiver = await WebhookReceiver.start();
  const newswire = await start('standalone', toReceiver(receiver));
  const channels = Array.from({ length: 20 }, (_, i) => `all:${i}`);
  const troubles = [
    () => (receiver.behave = acceptSlowly),
    () => (receiver.behave = refuse),
    () => (receiver.behave = hang),
    () => receiver.close(),
  ];
  let expected = '+>';
  const client = await churn(newswire, channels, 5);
  expected += '<>'.repeat(5);
  for (const trouble of troubles) {
    trouble();
    (await churn(newswire, channels, 10)).close();
    expected += `>${'<>'.repeat(10)}<`;
    await delay(1000);
  }
  receiver.behave = accept;
  await receiver.open();
  client.close();
  for (const channel of channels) await settled(receiver, channel, `${expected}<-`);
  expect(receiver.badSignatures).toEqual([]);
  const metrics = await (await fetch(`${newswire.url}/metrics`)).text();
  expect(metrics).toMatch(/webhook_requests_total\{result="refused"\} [1-9]/);
}, 60_000);

const missing = missingPrograms('redis-server', 'redis-cli');

describe.skipIf(missing.length > 0)('in a cluster over Redis (needs redis-server)', () => {
  async function cluster(graceMs = GRACE_MS) {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.dispose());
    const receiver = await WebhookReceiver.start();
    const settings = {
      NEWSWIRE_REDIS_URL: redis.url,
      NEWSWIRE_WEBHOOK_GRACE_MS: String(graceMs),
    };
    const startCenter = () => start('center', { ...settings, ...toReceiver(receiver) });
    const center = await startCenter();
    const edges = await Promise.all([1, 2].map(() => start('edge', settings)));
    return {
      redis,
      receiver,
      center,
      startCenter,
      edges: edges as [NewswireProcess, NewswireProcess],
    };
  }

  test('no event is lost while center is killed and started again', async () => {
    const { receiver, center, startCenter, edges } = await cluster();
    const channels = Array.from({ length: 10 }, (_, i) => `all:${i}`);
    receiver.behave = refuse;
    const first = await churn(edges[0], channels, 10);
    await until('requests', () => receiver.requests > 1);
    await center.stop('SIGKILL');
    const second = await churn(edges[1], channels, 10);
    first.close();
    receiver.behave = accept;
    await startCenter();
    const expected = `+>${'<>'.repeat(10)}>${'<>'.repeat(10)}<`;
    for (const channel of channels) await settled(receiver, channel, expected);
    second.close();
    for (const channel of channels) await settled(receiver, channel, `${expected}<-`);
    expect(receiver.badSignatures).toEqual([]);
  }, 60_000);

  test('no event is lost while Redis is away', async () => {
    const { redis, receiver, edges } = await cluster();
    await redis.keepFiles();
    const client = await subscribe(edges[0], 'all:a');
    await settled(receiver, 'all:a', '+>');
    await redis.stop();
    for (let i = 0; i < 5; i++) {
      client.send('unsub#all:a');
      await delay(100);
      client.send('sub#all:a');
      await delay(100);
    }
    await redis.start();
    await until('a subscription', () => receiver.of('all:a').join('').endsWith('<>'), 20_000);
    expect(receiver.of('all:a').join('')).toMatch(/^\+>(<>)+$/);
  }, 60_000);

  test('without events, nothing of them is in Redis', async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.dispose());
    const settings = { NEWSWIRE_REDIS_URL: redis.url, NEWSWIRE_DRAIN_MS: '0' } as const;
    const center = await NewswireProcess.start('center', settings);
    const edge = await NewswireProcess.start('edge', settings);
    onTestFinished(async () => void (await Promise.all([center.stop(), edge.stop()])));
    const client = await subscribe(edge, 'all:a');
    await subscribed(center.url, 'all:a', 1);
    client.close();
    await delay(500);
    expect(await redis.cli('KEYS', '*events*')).toBe('');
  });

  test('after Redis has lost its data, channels are not reported again, and are vacated as usual', async () => {
    const { redis, receiver, edges } = await cluster();
    const client = await subscribe(edges[0], 'room:a', 'room:b');
    await settled(receiver, 'room:b', '+');
    await redis.cli('FLUSHALL');
    client.send('unsub#room:a');
    await settled(receiver, 'room:a', '+-');
    expect(receiver.of('room:b').join('')).toBe('+');
    client.close();
    await settled(receiver, 'room:b', '+-');
  }, 60_000);

  test('the channels of a killed edge are vacated once, after its lease and not before', async () => {
    const { receiver, edges } = await cluster();
    const [dying, staying] = edges;
    await subscribe(dying, 'room:a', 'room:b', 'room:c');
    await subscribe(staying, 'room:b');
    for (const name of ['room:a', 'room:b', 'room:c']) await settled(receiver, name, '+');
    const killedMs = Date.now();
    await dying.stop('SIGKILL');
    await settled(receiver, 'room:a', '+-');
    await settled(receiver, 'room:c', '+-');
    const vacated = receiver.events.filter(({ type }) => type === 'channel_vacated');
    // The lease was renewed within the last third of it.
    for (const { time } of vacated) {
      expect(time - killedMs).toBeGreaterThan((LEASE_MS * 2) / 3 + GRACE_MS - 50);
      expect(time - killedMs).toBeLessThan(LEASE_MS + GRACE_MS + 3000);
    }
    await delay(LEASE_MS + GRACE_MS);
    expect(receiver.of('room:a').join('')).toBe('+-');
    expect(receiver.of('room:b').join('')).toBe('+');
    expect(receiver.of('room:c').join('')).toBe('+-');
  }, 60_000);

  test('no channel is vacated while its clients reconnect, at this edge or another', async () => {
    // Long enough for a busy machine.
    const graceMs = 2000;
    const { receiver, edges } = await cluster(graceMs);
    let client = await subscribe(edges[0], 'room:a');
    await settled(receiver, 'room:a', '+');
    for (let i = 0; i < 6; i++) {
      client.close();
      await delay(graceMs / 4);
      client = await subscribe(edges[i % 2] ?? edges[0], 'room:a');
      await delay(graceMs / 8);
    }
    await delay(1.5 * graceMs);
    expect(receiver.of('room:a').join('')).toBe('+');
    client.close();
    await settled(receiver, 'room:a', '+-');
  }, 60_000);

  test('clients of a killed edge that reconnect within the lease vacate nothing', async () => {
    const { receiver, edges } = await cluster();
    const [dying, staying] = edges;
    await subscribe(dying, 'room:a');
    await settled(receiver, 'room:a', '+');
    await dying.stop('SIGKILL');
    await subscribe(staying, 'room:a');
    await delay(2 * LEASE_MS + GRACE_MS);
    expect(receiver.of('room:a').join('')).toBe('+');
  }, 60_000);
});

test('over links: a killed edge, and one that reconnects to another center', async () => {
  const receiver = await WebhookReceiver.start();
  const ports = [await freePort(), await freePort()];
  const links = {
    NEWSWIRE_BROKER: 'delegate',
    NEWSWIRE_LINK_SECRET: 'a secret for tests only',
  } as const;
  const names = ports.map((port) => `127.0.0.1:${port}`).join();
  const startCenter = () =>
    start('center', { ...links, NEWSWIRE_EDGES: names, ...toReceiver(receiver) });
  const center = await startCenter();
  const [dying, staying] = (await Promise.all(
    ports.map((port) => start('edge', { ...links, NEWSWIRE_DELEGATE_PORT: String(port) })),
  )) as [NewswireProcess, NewswireProcess];
  for (const edge of [dying, staying]) {
    await until('readiness', async () => (await edge.status('/readyz')) === 200);
  }
  await subscribe(dying, 'room:a', 'room:b');
  const stays = await subscribe(staying, 'room:b');
  await settled(receiver, 'room:a', '+');
  await settled(receiver, 'room:b', '+');
  await dying.stop('SIGKILL');
  await settled(receiver, 'room:a', '+-');
  await center.stop('SIGKILL');
  await startCenter();
  await until('readiness', async () => (await staying.status('/readyz')) === 200);
  await delay(1000);
  stays.close();
  await settled(receiver, 'room:b', '+-');
  expect(receiver.badSignatures).toEqual([]);
}, 60_000);
