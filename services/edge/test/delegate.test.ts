import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  callApi,
  freePort,
  NewswireProcess,
  publish,
  SeedClient,
  spawnService,
  subscribed,
  until,
  type ServiceEnvironment,
} from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';

const secretFile = join(mkdtempSync(join(tmpdir(), 'newswire-')), 'link-secret');
const DELEGATE = {
  NEWSWIRE_BROKER: 'delegate',
  NEWSWIRE_LINK_SECRET_FILE: secretFile,
  NEWSWIRE_DRAIN_MS: '0',
} as const;

describe('edges and center over links, without Redis', () => {
  const running = new Set<NewswireProcess>();
  const clients: SeedClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all([...running].map((service) => service.stop()));
    running.clear();
  });

  async function start(service: 'edge' | 'center', environment: ServiceEnvironment) {
    const settings = { ...DELEGATE, ...environment };
    const started = await NewswireProcess.start(service, settings, { untilReady: false });
    running.add(started);
    return started;
  }

  async function startAll(edgeCount: number, centerSettings: ServiceEnvironment = {}) {
    const ports = await Promise.all(Array.from({ length: edgeCount }, freePort));
    const startEdge = (port: number) => start('edge', { NEWSWIRE_DELEGATE_PORT: String(port) });
    const names = ports.map((port) => `localhost:${port}`).join();
    const startCenter = (settings: ServiceEnvironment = {}) =>
      start('center', { NEWSWIRE_EDGES: names, ...settings });
    // Center is there first: it dials until the edges are.
    const center = await startCenter(centerSettings);
    const edges = await Promise.all(ports.map(startEdge));
    return { center, edges, ports, startEdge, startCenter };
  }

  async function ready(...services: readonly NewswireProcess[]): Promise<void> {
    for (const service of services) {
      await until('readiness', async () => (await service.status('/readyz')) === 200);
    }
  }

  async function listen(edge: NewswireProcess, channel: string): Promise<SeedClient> {
    const client = await SeedClient.open(edge.webSocketUrl);
    clients.push(client);
    client.send(`sub#${channel}`);
    return client;
  }

  test('every subscriber on every edge gets each publication once, in order', async () => {
    const { center, edges } = await startAll(3);
    await ready(center, ...edges);
    const listening = await Promise.all(
      edges.flatMap((edge) => Array.from({ length: 10 }, () => listen(edge, 'a'))),
    );
    await subscribed(center.url, 'a', 30);
    for (let i = 0; i < 500; i++) await publish(center.url, 'a', i);
    const expected = Array.from({ length: 500 }, (_, i) => String(i));
    for (const client of listening) expect(await client.received(500)).toEqual(expected);
  });

  test('an edge that dies, and center that does, come back by themselves', async () => {
    const { center, edges, ports, startEdge, startCenter } = await startAll(2);
    await ready(center, ...edges);
    const [dying, staying] = edges as [NewswireProcess, NewswireProcess];
    const witness = await listen(staying, 'a');
    await subscribed(center.url, 'a', 1);
    await dying.stop('SIGKILL');
    await publish(center.url, 'a', 1);
    expect(await witness.received(1)).toEqual(['1']);
    const returned = await startEdge(ports[0] ?? 0);
    await ready(returned);
    const client = await listen(returned, 'a');
    await subscribed(center.url, 'a', 2);
    await publish(center.url, 'a', 2);
    expect(await client.received(1)).toEqual(['2']);
    await center.stop('SIGKILL');
    await until('the edge to notice', async () => (await staying.status('/readyz')) === 503);
    const restarted = await startCenter();
    await ready(restarted, staying, returned);
    const later = await listen(staying, 'b');
    await subscribed(restarted.url, 'b', 1);
    await publish(restarted.url, 'b', 3);
    expect(await later.received(1)).toEqual(['3']);
  });

  test('a second center is not ready and publishes nothing', async () => {
    const { center, edges, startCenter } = await startAll(1);
    await ready(center, ...edges);
    const second = await startCenter();
    await until('the refusal', async () => {
      const body = await fetch(`${second.url}/readyz`).then((response) => response.text());
      return body.includes('has another center: run one center only');
    });
    expect(await publish(second.url, 'a', 1)).toMatchObject({
      error: { code: 100, temporary: true },
    });
    expect(await publish(center.url, 'a', 1)).toMatchObject({ result: { offset: 1 } });
    expect(await callApi(second.url, 'channels', {})).toEqual({ result: { channels: {} } });
  });

  test('another secret is logged as the cause, without the secret', async () => {
    const NEWSWIRE_LINK_SECRET = 'quite another secret';
    const { center, edges } = await startAll(1, { NEWSWIRE_LINK_SECRET });
    const said = () => center.process.stdout + (edges[0]?.process.stdout ?? '');
    await until('both to say so', () => said().split('has another link secret').length === 3);
    expect(await center.status('/readyz')).toBe(503);
    expect(said()).not.toContain(NEWSWIRE_LINK_SECRET);
  });
});

describe('a failed start prints one clear sentence', () => {
  test.each(['edge', 'center'] as const)('%s without a secret', async (service) => {
    const process = spawnService(service, { NEWSWIRE_BROKER: 'delegate' });
    expect((await process.exited).code).toBe(2);
    expect(process.stderr).toBe(
      'NEWSWIRE_BROKER=delegate needs NEWSWIRE_LINK_SECRET or NEWSWIRE_LINK_SECRET_FILE.\n',
    );
  });

  test('a port that is taken', async () => {
    const port = String(await freePort());
    const settings = { ...DELEGATE, NEWSWIRE_DELEGATE_PORT: port };
    const first = await NewswireProcess.start('edge', settings, { untilReady: false });
    const second = spawnService('edge', settings);
    expect((await second.exited).code).toBe(1);
    expect(second.stderr).toBe(
      `cannot listen for center on 127.0.0.1:${port} (EADDRINUSE): the port may be in use\n`,
    );
    await first.stop();
  });
});
