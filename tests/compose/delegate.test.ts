import { publish, SeedClient, subscribed, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inspect, createProject, sh } from './compose.js';

const HOST = '127.0.0.2'; // beside the other tests' stack, on the same ports
const URL = `http://${HOST}:9900`;

// A second stack, of its own: what it is made of is decided when it is brought up.
const compose = createProject('newswire-delegate-test', {
  NEWSWIRE_BROKER: 'delegate',
  NEWSWIRE_BIND: HOST,
});

describe('the Compose stack without Redis', () => {
  const clients: SeedClient[] = [];

  beforeAll(() => compose('up', '-d', '--wait', '--remove-orphans'));
  afterAll(() => compose('down', '--volumes', '--timeout', '2'));
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  async function edgePorts(): Promise<string[]> {
    const ids = (await compose('ps', '-q', 'edge')).split('\n');
    const addresses = await Promise.all(ids.map((id) => sh('docker', 'port', id, '9901')));
    return addresses.map((address) => address.split(':').at(-1) ?? '');
  }

  /** So many clients on each edge, each reached directly, and as many by Nginx. */
  async function listen(channel: string, each: number): Promise<SeedClient[]> {
    const urls = (await edgePorts()).map((port) => `ws://${HOST}:${port}/ws`);
    const listening: SeedClient[] = [];
    for (const url of [...urls, `ws://${HOST}:9900/ws`]) {
      for (let i = 0; i < each; i++) listening.push(await SeedClient.open(url));
    }
    clients.push(...listening);
    for (const client of listening) client.send(`sub#${channel}`);
    await subscribed(URL, channel, listening.length);
    return listening;
  }

  /** Kills a service's process from inside, as a crash does, and waits for its restart. */
  async function crash(service: string): Promise<void> {
    const [id = ''] = (await compose('ps', '-q', service)).split('\n');
    process.kill(Number(await inspect(id, '{{.State.Pid}}')), 'SIGKILL');
    const state = '{{.RestartCount}} {{.State.Health.Status}}';
    await until('its restart', async () => (await inspect(id, state)) === '1 healthy', 60_000);
  }

  async function delivers(channel: string): Promise<void> {
    const listening = await listen(channel, 5);
    for (let i = 0; i < 100; i++) await publish(URL, channel, i);
    const expected = Array.from({ length: 100 }, (_, i) => String(i));
    for (const client of listening) expect(await client.received(100)).toEqual(expected);
  }

  test('is three edges, center and Nginx; the link port is not published', async () => {
    const services = (await compose('ps', '--all', '--format', '{{.Service}}')).split('\n');
    expect(services.toSorted()).toEqual(['center', 'edge', 'edge', 'edge', 'nginx']);
    expect(await compose('ps', '--format', '{{.Ports}}')).not.toContain('9911');
  });

  test('when up --wait returns, every client of every edge gets every publication', async () => {
    await delivers('first');
    expect(await edgePorts()).toHaveLength(3);
  });

  test('the secret in the shared volume is for its owner only', async () => {
    const file = '/var/lib/newswire/link-secret';
    expect(await compose('exec', '-T', 'center', 'stat', '-c', '%U %a', file)).toBe('node 600');
  });

  test('an edge that crashes is linked again', async () => {
    await crash('edge');
    await delivers('after-an-edge');
    expect(await edgePorts()).toHaveLength(3);
  });

  test('center crashes: clients stay or are closed with 3010, and all works again', async () => {
    const listening = await listen('stays', 1);
    await crash('center');
    await delivers('after-center');
    // Its logs are gone: an edge can't know that nothing was published before the crash.
    for (const { closeCode } of listening) expect([undefined, 3010]).toContain(closeCode);
  });

  test('--scale edge=5: the new ones are found', async () => {
    await compose('up', '-d', '--wait', '--no-recreate', '--scale', 'edge=5');
    expect(await edgePorts()).toHaveLength(5);
    await delivers('to-five');
  });
});
