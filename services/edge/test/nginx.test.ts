import {
  missingPrograms,
  NewswireProcess,
  NginxServer,
  publish,
  RedisServer,
  SeedClient,
  sessionsOn,
  subscribed,
} from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

describe.skipIf(missing.length > 0)('behind Nginx (needs nginx and redis-server)', () => {
  let redis: RedisServer;
  let center: NewswireProcess;
  let edges: NewswireProcess[];
  let nginx: NginxServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
    const startEdge = () =>
      NewswireProcess.start('edge', {
        NEWSWIRE_REDIS_URL: redis.url,
        NEWSWIRE_DRAIN_MS: '2000',
      });
    [center, ...edges] = await Promise.all([
      NewswireProcess.start('center', { NEWSWIRE_REDIS_URL: redis.url }),
      startEdge(),
      startEdge(),
      startEdge(),
    ]);
    nginx = await NginxServer.start({
      edges: edges.map(({ port }) => port),
      center: [center.port],
    });
  });
  afterAll(async () => {
    await nginx.stop();
    await Promise.all([center, ...edges].map((service) => service.stop('SIGKILL')));
    await redis.dispose();
  });

  async function open(count: number): Promise<SeedClient[]> {
    return Promise.all(Array.from({ length: count }, () => SeedClient.open(nginx.webSocketUrl)));
  }

  test('clients are spread over all edges, and what center takes reaches each of them', async () => {
    const clients = await open(60);
    for (const client of clients) client.send('sub#77707|77708');
    await subscribed(nginx.url, '77707', 60);
    for (const edge of edges) expect(await sessionsOn(edge)).toBeGreaterThan(10);
    for (let i = 0; i < 100; i++) await publish(nginx.url, '77707', i);
    const expected = Array.from({ length: 100 }, (_, i) => String(i));
    for (const client of clients) expect(await client.received(100)).toEqual(expected);
    for (const client of clients) client.close();
    await subscribed(nginx.url, '77707', 0);
  });

  test('while an edge drains, and after it is gone, every new connection succeeds', async () => {
    const before = await open(30);
    const [leaving, ...staying] = edges as [NewswireProcess, ...NewswireProcess[]];
    leaving.process.signal('SIGTERM');
    const during = [];
    for (let i = 0; i < 40; i++) during.push(await SeedClient.open(nginx.webSocketUrl));
    expect(leaving.process.isRunning).toBe(true);
    await leaving.process.exited;
    const after = await open(40);
    const open3001 = before.filter(({ closeCode }) => closeCode === 3001).length;
    expect(open3001).toBeGreaterThan(0);
    expect([...during, ...after].every(({ closeCode }) => closeCode === undefined)).toBe(true);
    const counts = await Promise.all(staying.map(sessionsOn));
    expect(counts.reduce((a, b) => a + b, 0)).toBe(before.length - open3001 + 80);
    for (const client of [...before, ...during, ...after]) client.close();
  });

  test('metrics are not handed to the outside, and its own errors have the shape of the API', async () => {
    expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
    const body = 'x'.repeat(3_000_000);
    const tooLarge = await fetch(`${nginx.url}/api/publish`, { method: 'POST', body });
    expect(tooLarge.status).toBe(413);
    expect(await tooLarge.json()).toEqual({
      error: { code: 106, message: 'limit exceeded: a body may have at most 2 MiB' },
    });
    await center.stop();
    const away = await fetch(`${nginx.url}/api/publish`, { method: 'POST', body: '{}' });
    expect(away.status).toBe(503);
    expect(await away.json()).toMatchObject({ error: { code: 100, temporary: true } });
  });
});
