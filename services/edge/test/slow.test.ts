import {
  missingPrograms,
  NewswireProcess,
  publish,
  RedisServer,
  SeedClient,
  subscribed,
  until,
  type ServiceEnvironment,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const missing = missingPrograms('redis-server', 'redis-cli');

/** 20 MB together: more than the kernel's socket buffers take. */
const COUNT = 400;
const ITEM = 'x'.repeat(50_000);

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const numbers = (frames: readonly string[]) => frames.map((frame) => Number.parseInt(frame, 10));

describe.skipIf(missing.length > 0)('a client that reads too slowly (needs redis-server)', () => {
  let redis: RedisServer;
  let center: NewswireProcess;
  let edge: NewswireProcess;
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
    await edge.stop();
  });

  async function metric(name: string): Promise<number> {
    const text = await fetch(`${edge.url}/metrics`).then((response) => response.text());
    return Number(new RegExp(`^newswire_edge_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  /** A client that does not read and one that does, on an edge of their own, and all items sent. */
  async function stuckBeside(
    channel: string,
    environment: ServiceEnvironment,
  ): Promise<{ stuck: SeedClient; quick: SeedClient }> {
    edge = await NewswireProcess.start('edge', {
      NEWSWIRE_REDIS_URL: redis.url,
      NEWSWIRE_DRAIN_MS: '0',
      NEWSWIRE_MAX_BUFFERED_BYTES: '100000',
      ...environment,
    });
    const open = async () => {
      const client = await SeedClient.open(edge.webSocketUrl);
      clients.push(client);
      client.send(`sub#${channel}`);
      return client;
    };
    const [stuck, quick] = await Promise.all([open(), open()]);
    await subscribed(center.url, channel, 2);
    stuck.pause();
    for (const i of upTo(COUNT)) await publish(center.url, channel, `${i} ${ITEM}`);
    expect(numbers(await quick.received(COUNT))).toEqual(upTo(COUNT));
    return { stuck, quick };
  }

  test('is taken off the live flow, and gets everything in order once it reads', async () => {
    const { stuck, quick } = await stuckBeside('big', {});
    expect([await metric('slow_total'), await metric('catching_up')]).toEqual([1, 1]);
    stuck.resume();
    expect(numbers(await stuck.received(COUNT))).toEqual(upTo(COUNT));
    expect(await metric('log_deliveries_total')).toBeGreaterThan(COUNT / 4);
    await until('it to be live again', async () => (await metric('catching_up')) === 0);
    await publish(center.url, 'big', `${COUNT}`);
    expect(numbers(await stuck.received(COUNT + 1)).at(-1)).toBe(COUNT);
    expect([stuck.closeCode, quick.closeCode]).toEqual([undefined, undefined]);
  });

  test.each([
    ['by too many bytes', 'bytes', { NEWSWIRE_MAX_LAG_BYTES: '1000000' }],
    ['for too long', 'time', { NEWSWIRE_MAX_LAG_MS: '300' }],
  ])('is closed with 3008 when it is behind %s; the others stay', async (_, name, environment) => {
    const { stuck, quick } = await stuckBeside(name, environment);
    const closes = 'closes_total{code="3008"}'.replaceAll(/[{}]/g, String.raw`\$&`);
    await until('the close', async () => (await metric(closes)) === 1);
    stuck.resume();
    expect(await stuck.closed()).toBe(3008);
    expect(numbers(stuck.frames)).toEqual(upTo(stuck.frames.length));
    await publish(center.url, name, `${COUNT}`);
    expect(numbers(await quick.received(COUNT + 1))).toEqual(upTo(COUNT + 1));
  });
});
