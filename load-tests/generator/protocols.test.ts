// The protocols of other servers: what goes wrong on them is noticed as on newswire's own.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { freePort } from '@newswire/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { centrifugeRedis, nats } from '../compare/src/contenders/peers.js';
import type { System } from '../compare/src/system/system.js';
import {
  buildGenerator,
  canBuild,
  countFaults,
  load,
  loadUntilFault,
  runGenerator,
} from '../test/generator.js';
import { startFaultyServer } from '../test/faulty-server.js';

const stops: (() => Promise<void>)[] = [];
const pingingProtocols = ['centrifuge', 'centrifuge-protobuf', 'pusher', 'nats', 'socket.io'];
const protocols = [...pingingProtocols, 'mqtt'];
const faults = [
  ['drop', 'lost'],
  ['double', 'doubled'],
  ['reorder', 'reordered'],
] as const;
const faultsOnProtocols = protocols.flatMap((protocol) =>
  faults.map(([fault, key]) => [protocol, fault, key] as const),
);

async function startServer(fault: string): Promise<number> {
  const server = await startFaultyServer(fault);
  stops.push(() => server.stop());
  return server.port;
}

async function loadPeer(peer: Promise<System>, options: string) {
  const system = await peer;
  stops.push(() => system.stop());
  const short = '--settle 0 --warm 0 --seconds 0.5 --connections 20 --channels 10';
  return runGenerator([...system.args, ...`${short} ${options}`.split(' ')]);
}

/** Between the publishers and their server: counts requests that a connection has unanswered. */
async function startCountingProxy(serverPort: number) {
  let most = 0;
  const count = (bytes: string, word: string) => bytes.split(word).length - 1;
  const proxy = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    let unanswered = 0;
    client.setEncoding('latin1').on('data', (bytes: string) => {
      unanswered += count(bytes, 'POST ');
      most = Math.max(most, unanswered);
      server.write(bytes, 'latin1');
    });
    server.setEncoding('latin1').on('data', (bytes: string) => {
      unanswered -= count(bytes, 'HTTP/1.1 200');
      client.write(bytes, 'latin1');
    });
    client.on('close', () => server.destroy());
    // At its end the generator leaves answers unread, which resets the connection.
    for (const socket of [client, server]) socket.on('error', () => undefined);
  });
  stops.push(async () => void proxy.close());
  const port = await freePort();
  await once(proxy.listen(port, '127.0.0.1'), 'listening');
  return { port, mostUnanswered: () => most };
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe.skipIf(!canBuild)('newswire-load on other protocols (needs make and a C compiler)', () => {
  beforeAll(buildGenerator);

  it.each(protocols)('counts every delivery over %s', async (protocol) => {
    const result = await load(await startServer('none'), `--protocol ${protocol} --window 48`);
    expect(result.published).toBeGreaterThan(100);
    const none = { lost: 0, doubled: 0, reordered: 0, stray: 0, unmarked: 0 };
    expect(result).toMatchObject({ ...none, delivered: result.expected });
  });

  it.each(faultsOnProtocols)(
    'finds over %s what a server with the fault %s has %s',
    async (protocol, fault, key) => {
      const port = await startServer(fault);
      const result = await loadUntilFault(port, `--protocol ${protocol} --window 16`);
      const others = { lost: 0, doubled: 0, reordered: 0, stray: 0 };
      expect(countFaults(result)).toBeGreaterThan(0);
      expect(Math.abs(result[key] / 20 - countFaults(result))).toBeLessThanOrEqual(1);
      expect(result).toMatchObject({ ...others, [key]: result[key] });
    },
  );

  it.each(pingingProtocols)("answers the pings of %s's own", async (protocol) => {
    const port = await startServer('ping');
    const { pings } = await load(port, `--protocol ${protocol} --window 1`);
    const pongs = await fetch(`http://127.0.0.1:${port}/pongs`).then((answer) => answer.text());
    expect([pings, pongs]).toEqual([20, '20']);
  });

  it.each(['nats', 'mqtt', 'socket.io'])('publishes over %s', async (protocol) => {
    const port = await startServer('none');
    const result = await load(port, `--protocol ${protocol} --publish-by ws --window 8`);
    expect(result.published).toBeGreaterThan(10);
    expect(result).toMatchObject({ delivered: result.expected, lost: 0, doubled: 0, reordered: 0 });
  });

  it('reads messages larger than its read buffer', async () => {
    const port = await startServer('none');
    const size = '--size 600000 --window 2';
    const results = [
      await load(port, `--protocol centrifuge ${size}`),
      await load(port, `--protocol centrifuge-protobuf ${size}`),
      await load(port, `--protocol pusher ${size}`),
      await load(port, `--protocol nats ${size}`),
      await load(port, `--protocol mqtt ${size}`),
      await load(port, `--protocol socket.io ${size}`),
    ];
    for (const { delivered, expected, published, unmarked } of results) {
      expect(published).toBeGreaterThan(2);
      expect([delivered, unmarked]).toEqual([expected, 0]);
    }
  });

  it('has one request unanswered on a connection when asked to', async () => {
    const port = await startServer('none');
    const proxy = await startCountingProxy(port);
    const publish = `--publish-port ${proxy.port} --publishers 2 --pipeline 1`;
    const result = await load(port, `--channels 10 --window 50 ${publish}`);
    expect(result.published).toBeGreaterThan(100);
    expect(proxy.mostUnanswered()).toBe(1);
    expect(result).toMatchObject({ delivered: result.expected, reordered: 0 });
  });

  it.skipIf(nats.obstacle())('loads a NATS server (needs it built)', async () => {
    const result = await loadPeer(nats.start(), '--window 100');
    expect(result.published).toBeGreaterThan(100);
    expect(result).toMatchObject({
      delivered: result.expected,
      doubled: 0,
      stray: 0,
      unmarked: 0,
    });
  });

  it.skipIf(centrifugeRedis.obstacle())('loads a Centrifuge server (needs it built)', async () => {
    const result = await loadPeer(
      centrifugeRedis.start(),
      '--publishers 10 --pipeline 1 --window 100',
    );
    expect(result.published).toBeGreaterThan(100);
    expect(result).toMatchObject({ delivered: result.expected, doubled: 0, stray: 0 });
    expect(result).toMatchObject({ publishes_refused: 0, unmarked: 0 });
  });
});
