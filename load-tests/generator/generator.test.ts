// The generator against a server that does wrong on purpose: a judge is only worth what it notices.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { freePort } from '@newswire/testkit';
import { WebSocket } from 'ws';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  buildGenerator,
  canBuild,
  countFaults,
  load,
  loadUntilFault,
  runGenerator,
} from '../test/generator.js';
import { startFaultyServer, type FaultyServer } from '../test/faulty-server.js';

const servers: FaultyServer[] = [];
const bridges: Server[] = [];

async function startServer(fault: string, every?: number): Promise<number> {
  const server = await startFaultyServer(fault, every);
  servers.push(server);
  return server.port;
}

/** Takes messages that `pattern` finds (channel, text) in another protocol's bytes to the server. */
async function startBridge(serverPort: number, pattern: RegExp, answer: string): Promise<number> {
  const bridge = createServer((socket) => {
    const publisher = new WebSocket(`ws://127.0.0.1:${serverPort}/ws`);
    let rest = '';
    socket.setEncoding('latin1').on('data', (bytes: string) => {
      rest = (rest + bytes).replace(pattern, (_, channel: string, text: string) => {
        publisher.send(`pub#${channel}#${text}`);
        socket.write(answer);
        return '';
      });
    });
    socket.on('close', () => publisher.close());
    socket.pause();
    publisher.on('open', () => socket.resume());
  });
  bridges.push(bridge);
  const port = await freePort();
  await once(bridge.listen(port, '127.0.0.1'), 'listening');
  return port;
}

afterEach(() => {
  for (const bridge of bridges.splice(0)) bridge.close();
  return Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe.skipIf(!canBuild)('newswire-load (needs make and a C compiler)', () => {
  beforeAll(buildGenerator);

  it('counts every delivery of a server that does right', async () => {
    const result = await load(await startServer('none'), '--window 48');
    expect(result.published).toBeGreaterThan(100);
    expect(result).toMatchObject({ delivered: result.expected, lost: 0, doubled: 0, reordered: 0 });
  });

  it('keeps count over many channels, several of them on a connection', async () => {
    const result = await load(
      await startServer('none'),
      '--channels 10 --channels-per-connection 3 --publishers 2 --rate 2000',
    );
    expect(result).toMatchObject({ expected: result.published * 6, lost: 0, stray: 0 });
  });

  it('publishes over WebSocket', async () => {
    const port = await startServer('none');
    const result = await load(port, '--window 8 --publish-by ws --publish pub#c{C}#{M}');
    expect(result.published).toBeGreaterThan(10);
    expect(result).toMatchObject({ delivered: result.expected, lost: 0, doubled: 0, reordered: 0 });
  });

  it.each([
    ['redis', /\*3\r\n\$7\r\nPUBLISH\r\n\$2\r\n(c\d)\r\n\$64\r\n(\S{64})\r\n/g, 'PUBLISH c{C} {M}'],
    ['raw', /^PUB (c\d) (\S{64})\n/gm, 'PUB c{C} {M}\\n'],
  ])('publishes by %s', async (by, pattern, template) => {
    const port = await startServer('none');
    const bridge = await startBridge(port, pattern, '-ERR not yet\r\n');
    const target = `--ports ${port} --publish-port ${bridge} --publish-by ${by} --window 8`;
    const short = '--settle 0 --warm 0 --seconds 0.5 --connections 20 --publish';
    const result = await runGenerator([...`${target} ${short}`.split(' '), template]);
    expect(result.published).toBeGreaterThan(10);
    expect(result).toMatchObject({ delivered: result.expected, lost: 0, doubled: 0, reordered: 0 });
    expect(result.first_refusal).toBe(by === 'redis' ? '-ERR not yet' : '');
  });

  it('reads messages larger than its read buffer', async () => {
    const result = await load(await startServer('none'), '--size 600000 --window 4');
    expect(result.published).toBeGreaterThan(4);
    expect(result).toMatchObject({ delivered: result.expected, lost: 0, doubled: 0, reordered: 0 });
  });

  it.each([
    ['drop', 'lost'],
    ['double', 'doubled'],
    ['reorder', 'reordered'],
  ] as const)('finds what a server with the fault %s has %s', async (fault, key) => {
    const result = await loadUntilFault(await startServer(fault), '--window 16');
    const others = { lost: 0, doubled: 0, reordered: 0, stray: 0 };
    // A run's probes are counted by the server but not by the generator: one more or less.
    const deviation = Math.abs(result[key] / 20 - countFaults(result));
    expect(countFaults(result)).toBeGreaterThan(0);
    expect(deviation).toBeLessThanOrEqual(1);
    expect(result).toMatchObject({ ...others, [key]: result[key] });
  });

  it('reports refused publishes with the first refusal', async () => {
    const result = await load(await startServer('refuse'), '--window 16');
    expect(result.publishes_refused).toBeGreaterThan(0);
    expect(result.first_refusal).toContain('"code":108');
  });

  it('counts closes by code and what the closed connection missed', async () => {
    const result = await load(await startServer('kick', 1000), '--window 16');
    expect(result.closes['3010']).toBeGreaterThan(0);
    expect(result.lost).toBeGreaterThan(0);
  });

  it('answers pings', async () => {
    const port = await startServer('ping');
    const { pings } = await load(port, '--window 1');
    const pongs = await fetch(`http://127.0.0.1:${port}/pongs`).then((answer) => answer.text());
    expect([pings, pongs]).toEqual([20, '20']);
  });

  it('stops by itself when the server delivers nothing any more', async () => {
    const result = await load(await startServer('mute'), '--window 4 --seconds 20');
    expect(result.stalled).toBe(true);
    expect(result.lost).toBeGreaterThan(0);
  });

  it.each(['10.0.0.1', 'example.com', '0.0.0.0'])('refuses to load %s', async (host) => {
    const refused = runGenerator(['--host', host]);
    await expect(refused).rejects.toMatchObject({ code: 2 });
    await expect(refused).rejects.toThrow('must be an IPv4 loopback address');
  });
});
