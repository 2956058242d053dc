import { missingPrograms, SeedClient, subscribed, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SdkClient } from './rig/sdk-client.js';
import { Stack } from './rig/sdk-stack.js';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe.skipIf(missing.length > 0)('the centrifuge library (needs nginx and redis-server)', () => {
  let stack: Stack;
  const clients: (SdkClient | SeedClient)[] = [];

  beforeAll(async () => {
    stack = await Stack.start();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => stack.stop());

  function open(path = '/ws'): SdkClient {
    const client = new SdkClient(`ws://127.0.0.1:${stack.nginx.port}${path}`);
    clients.push(client);
    return client;
  }

  test.each([
    ['/ws', 'first'],
    ['/connection/websocket', 'second'],
  ])('on %s: subscribes, gets everything in order, unsubscribes', async (path, channel) => {
    const client = open(path);
    await client.centrifuge.ready();
    const heard = client.subscribe(channel);
    const context = await heard.isSubscribed();
    expect(context).toMatchObject({ recoverable: true, positioned: true, wasRecovering: false });
    const data = [...upTo(1, 99), { text: 'Grüße 😀\n"quoted"', list: [null, 1.5] }];
    await stack.publishAll(channel, data);
    expect(await heard.received(100)).toEqual(data);
    heard.subscription.unsubscribe();
    await subscribed(stack.nginx.url, channel, 0);
    await stack.publish(channel, 'nobody hears it');
    const again = client.subscribe(`${channel}-2`);
    await again.isSubscribed();
    await stack.publish(`${channel}-2`, 'fence');
    await again.received(1);
    expect(heard.data).toHaveLength(100);
  });

  test('the server’s pings are answered, and keep the connection', async () => {
    const client = open();
    await client.centrifuge.ready();
    await until('pongs', () => client.sent.filter((text) => text === '{}').length >= 4);
    expect([client.socketCount, client.centrifuge.state]).toEqual([1, 'connected']);
  });

  test('two subscriptions at once, and a client of the seed protocol beside them', async () => {
    const client = open();
    const seed = await SeedClient.open(stack.nginx.webSocketUrl);
    clients.push(seed);
    seed.send('sub#both-a');
    const a = client.subscribe('both-a');
    const b = client.subscribe('both-b');
    await Promise.all([a.isSubscribed(), b.isSubscribed()]);
    await subscribed(stack.nginx.url, 'both-a', 2);
    await Promise.all([
      stack.publishAll('both-a', upTo(1, 50)),
      stack.publishAll('both-b', upTo(101, 150)),
    ]);
    expect(await a.received(50)).toEqual(upTo(1, 50));
    expect(await b.received(50)).toEqual(upTo(101, 150));
    expect(await seed.received(50)).toEqual(upTo(1, 50).map(String));
    b.subscription.unsubscribe();
    await stack.publish('both-a', 51);
    expect(await a.received(51)).toEqual(upTo(1, 51));
  });

  test('a bad channel name ends the subscription with 107, not the connection', async () => {
    const client = open();
    const bad = client.subscribe('no good');
    await until('the refusal', () => bad.unsubscribed.length > 0);
    expect([bad.unsubscribed, client.centrifuge.state]).toEqual([[107], 'connected']);
  });

  test('a feature that the server lacks is refused with 108', async () => {
    const client = open();
    await client.centrifuge.ready();
    await expect(client.centrifuge.rpc('any', {})).rejects.toMatchObject({ code: 108 });
    await expect(client.centrifuge.history('a', { limit: 1 })).rejects.toMatchObject({ code: 108 });
  });

  test('a subscription begins at a position that it is given', async () => {
    await stack.publishAll('since', upTo(1, 4));
    const { epoch } = await stack.publish('since', 5);
    const heard = open().subscribe('since', { offset: 2, epoch });
    expect(await heard.isSubscribed()).toMatchObject({ wasRecovering: true, recovered: true });
    await stack.publish('since', 6);
    expect(await heard.received(4)).toEqual(upTo(3, 6));
  });
});
