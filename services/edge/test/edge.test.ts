import {
  callApi,
  missingPrograms,
  NewswireProcess,
  publish,
  RawSocket,
  RedisServer,
  SeedClient,
  subscribed,
  until,
  upgradeRequest,
  type ServiceEnvironment,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const missing = missingPrograms('redis-server', 'redis-cli');

describe.skipIf(missing.length > 0)(`edges and center over Redis (needs redis-server)`, () => {
  let redis: RedisServer;
  let center: NewswireProcess;
  const edges: NewswireProcess[] = [];
  const clients: SeedClient[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    center = await NewswireProcess.start('center', { NEWSWIRE_REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await center.stop();
    await redis.dispose();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(edges.splice(0).map((edge) => edge.stop()));
  });

  async function startEdge(environment: ServiceEnvironment = {}): Promise<NewswireProcess> {
    const edge = await NewswireProcess.start('edge', {
      NEWSWIRE_REDIS_URL: redis.url,
      NEWSWIRE_DRAIN_MS: '0',
      ...environment,
    });
    edges.push(edge);
    return edge;
  }

  async function centerIsBack(): Promise<void> {
    await until('center to be back', async () => (await center.status('/readyz')) === 200);
  }

  async function listen(edge: NewswireProcess, command: string): Promise<SeedClient> {
    const client = await SeedClient.open(edge.webSocketUrl);
    clients.push(client);
    client.send(command);
    return client;
  }

  test('every subscriber on every edge gets each publication once, in order', async () => {
    const three = await Promise.all([startEdge(), startEdge(), startEdge()]);
    const listening = await Promise.all(
      three.flatMap((edge) => Array.from({ length: 10 }, () => listen(edge, 'sub#a'))),
    );
    await subscribed(center.url, 'a', 30);
    for (let i = 0; i < 500; i++) await publish(center.url, 'a', i);
    const expected = Array.from({ length: 500 }, (_, i) => String(i));
    for (const client of listening) expect(await client.received(500)).toEqual(expected);
  });

  test('an edge subscribes to a channel in Redis only while it has listeners', async () => {
    const edge = await startEdge({ NEWSWIRE_RING_IDLE_MS: '100' });
    const onRedis = async () => (await redis.cli('PUBSUB', 'NUMSUB', 'nw0:{solo}')).split('\n')[1];
    expect(await onRedis()).toBe('0');
    const [first, second] = await Promise.all([listen(edge, 'sub#solo'), listen(edge, 'sub#solo')]);
    await subscribed(center.url, 'solo', 2);
    expect(await onRedis()).toBe('1');
    first.close();
    await subscribed(center.url, 'solo', 1);
    expect(await onRedis()).toBe('1');
    second.send('unsub#solo');
    await until('Redis to be left', async () => (await onRedis()) === '0');
  });

  test('a plain redis-cli PUBLISH to news:* arrives as text', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#77707');
    await subscribed(center.url, '77707', 1);
    await redis.cli('PUBLISH', 'news:77707', 'plain text, "as it is" é');
    await redis.cli('PUBLISH', 'news:bad name', 'goes nowhere');
    await redis.cli('PUBLISH', 'news:77707', '{"json":"too"}');
    expect(await client.received(2)).toEqual(['plain text, "as it is" é', '{"json":"too"}']);
    const lost = await fetch(`${center.url}/metrics`).then((response) => response.text());
    expect(lost).toContain('newswire_center_inlet_dropped_total 1');
  });

  test('a peer that answers no pings is closed, one that does stays', async () => {
    const edge = await startEdge({
      NEWSWIRE_PING_INTERVAL_MS: '200',
      NEWSWIRE_PING_TIMEOUT_MS: '400',
    });
    const alive = await listen(edge, 'sub#a');
    const dead = await RawSocket.open(edge.port);
    dead.send(upgradeRequest('/ws'));
    const received = await dead.receives('no pong');
    expect(received).toContain('\x89\x00'); // at least one ping came first
    expect(received).toContain('\x88\x09\x0b\xc4no pong'); // close 3012
    expect(alive.closeCode).toBeUndefined();
    dead.cut();
  });

  test('a hole in the offsets is reported with 3010', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#holes');
    await subscribed(center.url, 'holes', 1);
    await publish(center.url, 'holes', 'one');
    await client.received(1);
    await redis.cli('HINCRBY', 'nw0:{holes}:meta', 'o', '5');
    await publish(center.url, 'holes', 'seven');
    expect(await client.closed()).toBe(3010);
    expect(client.frames.slice(0, 1)).toEqual(['one']);
    const again = await listen(edge, 'sub#holes');
    await subscribed(center.url, 'holes', 1);
    await publish(center.url, 'holes', 'eight');
    expect(await again.received(1)).toEqual(['eight']);
  });

  test('a hole before the first received publication is reported too', async () => {
    const edge = await startEdge();
    await publish(center.url, 'first', 'before');
    const client = await listen(edge, 'sub#first');
    await subscribed(center.url, 'first', 1);
    await redis.cli('HINCRBY', 'nw0:{first}:meta', 'o', '5');
    await publish(center.url, 'first', 'after');
    expect(await client.closed()).toBe(3010);
  });

  test('a publication that cannot be encoded is reported with 3010, and the edge survives', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#forged');
    const other = await listen(edge, 'sub#fine');
    await subscribed(center.url, 'forged', 1);
    await subscribed(center.url, 'fine', 1);
    const epoch = await redis.cli('HGET', 'nw0:empty', 'e');
    // Of another log: ignored.
    await redis.cli('PUBLISH', 'nw0:{forged}', '1 e "no news"');
    await redis.cli('PUBLISH', 'nw0:{forged}', `1 ${epoch} "no end\\`);
    expect(await client.closed()).toBe(3010);
    expect(client.frames).toEqual([]);
    await publish(center.url, 'fine', 'still here');
    expect(await other.received(1)).toEqual(['still here']);
  });

  test('channels joined, left and joined again during an outage are all live afterwards', async () => {
    const edge = await startEdge();
    const channels = Array.from({ length: 40 }, (_, i) => `churn-${i}`);
    await redis.stop('SIGKILL');
    await until('the edge to notice', async () => (await edge.status('/readyz')) === 503);
    const client = await listen(edge, `sub#${channels.join('|')}`);
    client.send(`unsub#${channels.join('|')}`);
    client.send(`sub#${channels.join('|')}`);
    await redis.start();
    await centerIsBack();
    for (const channel of channels) await subscribed(center.url, channel, 1);
    for (const channel of channels) await publish(center.url, channel, channel);
    expect((await client.received(channels.length)).toSorted()).toEqual(channels.toSorted());
  });

  test('center survives a paused Redis, and says what is the matter', async () => {
    redis.pause();
    try {
      expect(await callApi(center.url, 'channels', {})).toMatchObject({
        error: { code: 100, temporary: true },
      });
    } finally {
      redis.resume();
    }
    await centerIsBack();
    expect(await callApi(center.url, 'channels', {})).toHaveProperty('result');
  });

  test('Redis gone: edges keep their clients and are not ready; back: news flows again', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#a');
    await subscribed(center.url, 'a', 1);
    await redis.stop('SIGKILL');
    await until('the edge to notice', async () => (await edge.status('/readyz')) === 503);
    expect(await edge.status('/healthz')).toBe(200);
    expect(await publish(center.url, 'a', 'meanwhile')).toEqual({
      error: { code: 100, message: 'internal error: Redis is away, try again', temporary: true },
    });
    const late = await listen(edge, 'sub#late');
    await redis.start();
    await until('both to be ready', async () => {
      const states = [await edge.status('/readyz'), await center.status('/readyz')];
      return states.every((state) => state === 200);
    });
    const backAtMs = Date.now();
    await subscribed(center.url, 'a', 1);
    await subscribed(center.url, 'late', 1);
    await publish(center.url, 'a', 'after');
    await publish(center.url, 'late', 'too');
    expect(await client.received(1)).toEqual(['after']);
    expect(await late.received(1)).toEqual(['too']);
    // Nothing was missed, so nothing may be reported, also not by the check a second later.
    await until('the check', async () => Date.now() - backAtMs > 1500);
    expect([client.closeCode, late.closeCode]).toEqual([undefined, undefined]);
  });

  /** Stops the edge and cuts its connection to Redis: it receives nothing until SIGCONT. */
  async function cutOff(edge: NewswireProcess): Promise<void> {
    edge.process.signal('SIGSTOP');
    await redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await centerIsBack();
  }

  /** Publishes what an edge that is cut off can't receive. */
  async function missPublications(edge: NewswireProcess, channel: string, count: number) {
    await cutOff(edge);
    for (let i = 1; i <= count; i++) {
      await until('its answer', async () => {
        const answer = await publish(center.url, channel, `missed ${i}`);
        return (answer as { result?: unknown }).result !== undefined;
      });
    }
    edge.process.signal('SIGCONT');
  }

  test('publications made while an edge was cut off from Redis are filled in from the log', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#cut');
    await subscribed(center.url, 'cut', 1);
    await publish(center.url, 'cut', 'before');
    await client.received(1);
    await missPublications(edge, 'cut', 250);
    await client.received(251);
    await publish(center.url, 'cut', 'after');
    const missed = Array.from({ length: 250 }, (_, i) => `missed ${i + 1}`);
    expect(await client.received(252)).toEqual(['before', ...missed, 'after']);
    expect(client.closeCode).toBeUndefined();
  });

  test('while its connection to Redis is cut again and again, a client misses nothing', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#again');
    await subscribed(center.url, 'again', 1);
    const sent: string[] = [];
    for (let i = 0; i < 300; i++) {
      if (i % 30 === 0) await redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
      const answer = (await publish(center.url, 'again', i)) as { result?: unknown };
      if (answer.result !== undefined) sent.push(String(i));
    }
    expect(await client.received(sent.length)).toEqual(sent);
  });

  test('publications that the log no longer has are reported with 3010', async () => {
    const edge = await startEdge();
    const client = await listen(edge, 'sub#short');
    await subscribed(center.url, 'short', 1);
    await publish(center.url, 'short', 'before');
    await client.received(1);
    await cutOff(edge);
    for (let i = 0; i < 5; i++) await publish(center.url, 'short', 'missed');
    await redis.cli('XTRIM', 'nw0:{short}:log', 'MAXLEN', '2');
    edge.process.signal('SIGCONT');
    expect(await client.closed()).toBe(3010);
    expect(client.frames).toEqual(['before']);
  });

  test('an edge starts and stops while Redis is away, and is ready once it is there', async () => {
    await redis.stop();
    const edge = await NewswireProcess.start(
      'edge',
      { NEWSWIRE_REDIS_URL: redis.url, NEWSWIRE_DRAIN_MS: '0' },
      { untilReady: false },
    );
    edges.push(edge);
    expect(await edge.status('/readyz')).toBe(503);
    const leaving = await NewswireProcess.start(
      'edge',
      { NEWSWIRE_REDIS_URL: redis.url, NEWSWIRE_DRAIN_MS: '0' },
      { untilReady: false },
    );
    expect(await leaving.stop()).toEqual({ code: 0, signal: null });
    await redis.start();
    await until('the edge to be ready', async () => (await edge.status('/readyz')) === 200);
  });
});
