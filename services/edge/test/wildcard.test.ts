import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  callApi,
  missingPrograms,
  SeedClient,
  SseClient,
  subscribed,
  until,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SdkClient } from './rig/sdk-client.js';
import { Stack } from './rig/sdk-stack.js';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

const NAMESPACES = { sports: { wildcard: true }, closed: {} };
const ALL = 'sports:*';

describe.skipIf(missing.length > 0)('wildcards over Redis (needs nginx and redis-server)', () => {
  let stack: Stack;
  let folder = '';
  const closers: (() => void)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'newswire-wildcard-'));
    const file = join(folder, 'channels.json');
    await writeFile(file, JSON.stringify({ namespaces: NAMESPACES }));
    stack = await Stack.start({ NEWSWIRE_CHANNELS_FILE: file });
  });
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true });
  });

  function openSdk(): SdkClient {
    const client = new SdkClient(`ws://127.0.0.1:${stack.nginx.port}/connection/websocket`);
    closers.push(() => client.close());
    return client;
  }

  async function openSse(): Promise<SseClient> {
    const client = new SseClient(`${stack.nginx.url}/sse?channels=${ALL}`);
    closers.push(() => client.cut());
    expect(await client.open()).toBe(200);
    await client.begun();
    return client;
  }

  async function openSeed(): Promise<SeedClient> {
    const client = await SeedClient.open(stack.nginx.webSocketUrl);
    closers.push(() => client.close());
    return client;
  }

  test('three channels of a namespace arrive in one flow on every protocol', async () => {
    const wild = openSdk().subscribe(ALL);
    const named: unknown[] = [];
    wild.subscription.on('publication', ({ channel, tags }) => named.push([channel, tags]));
    const context = await wild.isSubscribed();
    expect(context).toMatchObject({ recoverable: false, positioned: false });
    const sse = await openSse();
    const seed = await openSeed();
    seed.send(`sub#${ALL}`);
    const single = openSdk().subscribe('sports:2');
    await single.isSubscribed();
    await subscribed(stack.nginx.url, ALL, 3);
    for (const channel of ['sports:1', 'sports:2', 'closed:1', 'sports:3', 'sports:1']) {
      await stack.publish(channel, `of ${channel}`);
    }
    const all = ['of sports:1', 'of sports:2', 'of sports:3', 'of sports:1'];
    expect(await wild.received(4)).toEqual(all);
    expect(await seed.received(4)).toEqual(all);
    expect(await sse.received(ALL, 4)).toEqual(all);
    expect(await single.received(1)).toEqual(['of sports:2']);
    // The library says the subscription's name for every channel; the tag says which it is.
    const tagged = (channel: string) => [ALL, { channel }];
    expect(named).toEqual(['sports:1', 'sports:2', 'sports:3', 'sports:1'].map(tagged));
  });

  test('without the option, or a namespace, it is refused', async () => {
    const closed = openSdk().subscribe('closed:*');
    await until('the refusal', () => closed.unsubscribed.length > 0);
    expect(closed.unsubscribed).toEqual([103]);
    const seed = await openSeed();
    seed.send('sub#closed:*');
    seed.send('sub#*');
    expect(await seed.received(2)).toEqual([
      expect.stringMatching('^error#103#'),
      expect.stringMatching('^error#107#'),
    ]);
    const statuses = ['closed:*', '*'].map(async (channel) => {
      const { status, body } = await fetch(`${stack.nginx.url}/sse?channels=${channel}`);
      await body?.cancel();
      return status;
    });
    expect(await Promise.all(statuses)).toEqual([403, 400]);
    const publication = { channel: ALL, data: 1 };
    expect(await callApi(stack.nginx.url, 'publish', publication)).toMatchObject({
      error: { code: 107 },
    });
  });

  test('after a restart of Redis the flow continues, and no client is disconnected', async () => {
    const client = openSdk();
    const wild = client.subscribe(ALL);
    await wild.isSubscribed();
    const sse = await openSse();
    await stack.publish('sports:1', 'before');
    await wild.received(1);
    await sse.received(ALL, 1);
    await stack.redis.stop('SIGKILL');
    await stack.redis.start();
    let published = 0;
    await until('the flow to go on', async () => {
      await stack.publish('sports:2', ++published);
      return wild.data.length > 1 && sse.items(ALL).length > 1;
    });
    await stack.publish('sports:3', 'end');
    await until('the end', () => wild.data.includes('end') && sse.items(ALL).includes('end'));
    // A missed publication is not reported; from the first received one on, none is missing.
    for (const items of [wild.data, sse.items(ALL)]) {
      const [first, ...heard] = items;
      const from = Number(heard[0]);
      const rest = Array.from({ length: published - from + 1 }, (_, i) => String(from + i));
      expect([first, ...heard.map(String)]).toEqual(['before', ...rest, 'end']);
    }
    expect([client.socketCount, wild.subscribed.length, sse.statuses.length]).toEqual([1, 1, 1]);
    expect(sse.items('gap')).toEqual([]);
  });

  test('a returning client continues from now, without a notification of a gap', async () => {
    const client = openSdk();
    const wild = client.subscribe(ALL);
    await wild.isSubscribed();
    const sse = await openSse();
    await stack.publish('sports:1', 1);
    await wild.received(1);
    await sse.received(ALL, 1);
    client.cut();
    sse.cut();
    await wild.isSubscribed(2);
    await until('its end', () => sse.hasEnded);
    await sse.open();
    await sse.begun(2);
    await stack.publish('sports:1', 2);
    expect(await wild.received(2)).toEqual([1, 2]);
    expect(await sse.received(ALL, 2)).toEqual(['1', '2']);
    expect(wild.subscribed[1]).toMatchObject({ wasRecovering: false });
    expect(sse.items('gap')).toEqual([]);
  });
});
