import { missingPrograms, SeedClient, subscribed, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SdkClient } from './rig/sdk-client.js';
import { Stack } from './rig/sdk-stack.js';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe.skipIf(missing.length > 0)('the library comes back (needs nginx and redis-server)', () => {
  let stack: Stack;
  const clients: (SdkClient | SeedClient)[] = [];

  beforeAll(async () => {
    stack = await Stack.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await stack.isReady();
  });
  afterAll(() => stack.stop());

  /** A client on a channel, that has got 1 to 5. */
  async function listening(channel: string) {
    const client = new SdkClient(stack.nginx.webSocketUrl);
    clients.push(client);
    const heard = client.subscribe(channel);
    await heard.isSubscribed();
    await stack.publishAll(channel, upTo(1, 5));
    await heard.received(5);
    return { client, heard };
  }

  test('after a cut, with what was published meanwhile', async () => {
    const { client, heard } = await listening('cut');
    client.cut();
    await stack.publishAll('cut', upTo(6, 100));
    expect(await heard.isSubscribed(2)).toMatchObject({ wasRecovering: true, recovered: true });
    expect(await heard.received(100)).toEqual(upTo(1, 100));
  });

  test('again and again, while much is published', async () => {
    const { client, heard } = await listening('cuts');
    for (let i = 6; i <= 200; i++) {
      if (i % 20 === 0) client.cut();
      await stack.publish('cuts', i);
    }
    expect(await heard.received(200)).toEqual(upTo(1, 200));
    expect(heard.subscribed.slice(1).every(({ recovered }) => recovered)).toBe(true);
    expect(heard.subscribed.length).toBeGreaterThan(2);
  });

  test('on another edge when its own is killed', async () => {
    const { heard } = await listening('killed');
    const restart = await stack.killUsedEdge();
    await stack.publishAll('killed', upTo(6, 50));
    expect(await heard.isSubscribed(2)).toMatchObject({ wasRecovering: true, recovered: true });
    expect(await heard.received(50)).toEqual(upTo(1, 50));
    await restart();
  });

  test('with recovered: false where the log no longer has what it missed', async () => {
    const { client, heard } = await listening('short');
    client.centrifuge.disconnect();
    await stack.isLeft('short');
    await stack.publishAll('short', upTo(6, 10));
    await stack.redis.cli('XTRIM', 'nw0:{short}:log', 'MAXLEN', '2');
    client.centrifuge.connect();
    expect(await heard.isSubscribed(2)).toMatchObject({ wasRecovering: true, recovered: false });
    await stack.publish('short', 11);
    expect(await heard.received(6)).toEqual([...upTo(1, 5), 11]);
  });

  test('when everything in Redis is flushed under way, having missed nothing', async () => {
    const { heard } = await listening('flushed');
    const seed = await SeedClient.open(stack.nginx.webSocketUrl);
    clients.push(seed);
    seed.send('sub#flushed');
    await subscribed(stack.nginx.url, 'flushed', 2);
    for (let i = 6; i <= 100; i++) {
      if (i === 50) await stack.redis.cli('FLUSHALL');
      await stack.publish('flushed', i);
    }
    expect(await heard.received(100)).toEqual(upTo(1, 100));
    expect(heard.subscribing).toContain(2500);
    expect(heard.subscribed.slice(1)).toMatchObject([{ wasRecovering: true, recovered: true }]);
    expect(await seed.received(95)).toEqual(upTo(6, 100).map(String));
    expect(seed.closeCode).toBeUndefined();
  });

  test('when everything is flushed and others ask for the channel before it is published to', async () => {
    const { heard } = await listening('asked');
    await stack.redis.cli('FLUSHALL');
    const others = Array.from({ length: 6 }, () => new SdkClient(stack.nginx.webSocketUrl));
    clients.push(...others);
    await Promise.all(others.map((other) => other.subscribe('asked').isSubscribed()));
    await stack.publishAll('asked', upTo(6, 9));
    expect(await heard.received(9)).toEqual(upTo(1, 9));
    expect(heard.subscribed.slice(1)).toMatchObject([{ wasRecovering: true, recovered: true }]);
  });

  test('when Redis is killed and started again', async () => {
    const { heard } = await listening('restarted');
    await stack.redis.stop('SIGKILL');
    await stack.redis.start();
    await stack.publishAll('restarted', upTo(6, 50));
    expect(await heard.received(50)).toEqual(upTo(1, 50));
    expect(heard.subscribed.slice(1).every(({ recovered }) => recovered)).toBe(true);
  });

  test('to a channel that could not be opened while Redis was away', async () => {
    const { client } = await listening('open');
    await stack.redis.stop('SIGKILL');
    const late = client.subscribe('late');
    await until('the refusal', () => late.errors.length > 0);
    expect(late.errors[0]).toMatchObject({ code: 100, temporary: true });
    await stack.redis.start();
    expect(await late.isSubscribed()).toMatchObject({ wasRecovering: false });
    await stack.publish('late', 'now');
    expect(await late.received(1)).toEqual(['now']);
    expect([late.unsubscribed, client.socketCount]).toEqual([[], 1]);
  });
});
