import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, publish, sessionsOn, SseClient } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DrivenClient } from '../clients/driven-client.js';
import { startInNode } from '../clients/node-client.js';
import { inspect, createProject, sh } from './compose.js';

const HOST = '127.0.0.3'; // beside the other tests' stacks, on the same ports
const URL = `http://${HOST}:9900`;

const CHANNELS = {
  namespaces: {
    club: {
      subscribe: 'users',
      publish: 'subscribers',
      presence: true,
      read_presence: 'subscribers',
      read_history: 'subscribers',
      wildcard: true,
    },
  },
};

const channelsFile = join(mkdtempSync(join(tmpdir(), 'newswire-compose-')), 'channels.json');
writeFileSync(channelsFile, JSON.stringify(CHANNELS));
chmodSync(channelsFile, 0o644); // the container's user is another

// A second stack, which admits no client without a token. All of this is set in the shell, not in `.env`.
const compose = createProject('newswire-clients-test', {
  NEWSWIRE_BIND: HOST,
  NEWSWIRE_CHANNELS_FILE: channelsFile,
  NEWSWIRE_TOKEN_HMAC_SECRET: 'a secret of the shell that compose up was called in',
  NEWSWIRE_ALLOWED_ORIGINS: 'https://news.example.org',
  NEWSWIRE_MAX_CHANNELS_PER_SESSION: '3',
});

const TRANSPORTS = [
  { transport: 'websocket', endpoint: `ws://${HOST}:9900/connection/websocket` },
  { transport: 'sse', endpoint: `${URL}/connection/sse` },
  { transport: 'http_stream', endpoint: `${URL}/connection/http_stream` },
] as const;

/** A join that Redis did not accept at once is reported again by then. */
const LEASE_MS = 20_000;

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('clients of the Compose stack', () => {
  const clients: DrivenClient[] = [];
  const streams: SseClient[] = [];

  beforeAll(() => compose('up', '-d', '--wait', '--remove-orphans'));
  afterAll(() => compose('down', '--volumes', '--timeout', '2'));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.stop()));
    for (const stream of streams.splice(0)) stream.cut();
  });

  /** As an operator gets one to try things out. */
  function createToken(user: string, ...more: string[]): Promise<string> {
    return compose('exec', '-T', 'center', 'newswire', 'token', '--user', user, ...more);
  }

  async function connect(way: (typeof TRANSPORTS)[number], token: string): Promise<DrivenClient> {
    const client = startInNode();
    clients.push(client);
    const emulationEndpoint = `${URL}/emulation`;
    await client.ask('connect', { transports: [way], emulationEndpoint, token });
    return client;
  }

  /** So many clients on each transport, all on one channel. */
  async function listen(channel: string, each: number, token: string): Promise<DrivenClient[]> {
    const ways = TRANSPORTS.flatMap((way) => Array.from({ length: each }, () => way));
    const listening = await Promise.all(ways.map((way) => connect(way, token)));
    await Promise.all(listening.map((client) => client.ask('subscribe', { channel })));
    return listening;
  }

  async function publishAll(channel: string, data: readonly unknown[]): Promise<void> {
    for (const item of data) expect(await publish(URL, channel, item)).toHaveProperty('result');
  }

  async function edges(): Promise<{ readonly id: string; readonly url: string }[]> {
    const ids = (await compose('ps', '-q', 'edge')).split('\n');
    const urls = ids.map(async (id) => `http://${await sh('docker', 'port', id, '9901')}`);
    return Promise.all(ids.map(async (id, i) => ({ id, url: (await urls[i]) ?? '' })));
  }

  test.each(TRANSPORTS)('the library over $transport: all of it, in order', async (way) => {
    const channel = `club:${way.transport}`;
    const client = await connect(way, await createToken('ann', '--info', '{"name":"Ann"}'));
    await client.ask('subscribe', { channel });
    await client.ask('publish', { channel, data: 'from the client' });
    await publishAll(channel, upTo(1, 50));
    expect(await client.received(channel, 51)).toEqual(['from the client', ...upTo(1, 50)]);
    const history = await client.ask('history', { channel, limit: 1 });
    expect(history).toMatchObject({ publications: [{ data: 'from the client' }], offset: 51 });
    const { clients: present } = (await client.ask('presence', { channel })) as {
      readonly clients: object;
    };
    expect(Object.values(present)).toMatchObject([{ user: 'ann', connInfo: { name: 'Ann' } }]);
  });

  test('no client without a token connects, on any path', async () => {
    for (const way of TRANSPORTS) {
      await expect(connect(way, '')).rejects.toThrow(Error);
      expect(await clients.at(-1)?.tells('disconnected')).toMatchObject({ code: 101 });
    }
    const { status, body } = await fetch(`${URL}/sse?channels=77707`);
    await body?.cancel();
    expect(status).toBe(401);
  });

  test('30 clients on three edges and three transports see each other, and receive all', async () => {
    const tokens = await Promise.all([createToken('ann'), createToken('bob')]);
    const [ann, bob] = await Promise.all(tokens.map((token) => listen('club:room', 5, token)));
    const listening = [...(ann ?? []), ...(bob ?? [])];
    const spread = await Promise.all((await edges()).map(({ url }) => sessionsOn({ url })));
    expect(spread).toHaveLength(3);
    for (const count of spread) expect(count).toBeGreaterThan(0);
    for (const client of listening) {
      await expect
        .poll(() => client.ask('presenceStats', { channel: 'club:room' }), { timeout: LEASE_MS })
        .toEqual({ numClients: 30, numUsers: 2 });
    }
    const answer = await callApi(URL, 'presence_stats', { channel: 'club:room' });
    expect(answer).toEqual({ result: { num_clients: 30, num_users: 2 } });
    await publishAll('club:room', upTo(1, 100));
    for (const client of listening) {
      expect(await client.received('club:room', 100)).toEqual(upTo(1, 100));
    }
  });

  test('the server API sends a user away for good, over every transport', async () => {
    const [ann, bob] = await Promise.all([
      listen('club:door', 1, await createToken('ann')),
      listen('club:door', 1, await createToken('bob')),
    ]);
    expect(await callApi(URL, 'disconnect', { user: 'ann' })).toEqual({ result: {} });
    for (const client of ann) {
      expect(await client.tells('disconnected')).toMatchObject({ code: 3503 });
    }
    await publishAll('club:door', ['for bob']);
    for (const client of bob) expect(await client.received('club:door', 1)).toEqual(['for bob']);
  });

  test('plain SSE goes on where it was cut off, at whatever edge', async () => {
    const headers = { Authorization: `Bearer ${await createToken('ann')}` };
    const stream = new SseClient(`${URL}/sse?channels=club:a|77707`, headers);
    streams.push(stream);
    for (let round = 0; round < 4; round++) {
      expect(await stream.open()).toBe(200);
      await stream.begun(round + 1);
      const item = round * 10;
      await publishAll('club:a', upTo(item + 1, item + 5));
      await stream.received('club:a', item + 5);
      stream.cut();
      await publishAll('club:a', upTo(item + 6, item + 10));
      await publishAll('77707', [round]);
    }
    await stream.open();
    await stream.begun(5);
    expect(await stream.received('club:a', 40)).toEqual(upTo(1, 40).map(String));
    expect(await stream.received('77707', 4)).toEqual(['0', '1', '2', '3']);
    expect(stream.items('gap')).toEqual([]);
  });

  test('origins and limits from the shell apply at the edges', async () => {
    const token = await createToken('ann');
    const status = async (origin: string) => {
      const path = `/sse?channels=77707&token=${token}`;
      const { status: code, body } = await fetch(URL + path, { headers: { Origin: origin } });
      await body?.cancel();
      return code;
    };
    expect(await status('https://news.example.org')).toBe(200);
    expect(await status('https://elsewhere.example.org')).toBe(403);
    const [client] = await listen('1', 1, token);
    for (const channel of ['2', '3']) await client?.ask('subscribe', { channel });
    await expect(client?.ask('subscribe', { channel: '4' })).rejects.toThrow(Error);
    expect(await client?.tells('unsubscribed', '4')).toMatchObject({ code: 106 });
  });

  test('a wildcard receives all channels of its namespace, over three edges', async () => {
    const listening = await listen('club:*', 2, await createToken('ann'));
    for (const name of ['x', 'y', 'z']) await publishAll(`club:wild-${name}`, [name]);
    for (const client of listening) {
      expect(await client.received('club:*', 3)).toEqual(['x', 'y', 'z']);
    }
  });

  test('an edge dies: its clients come back by themselves, and miss nothing', async () => {
    const listening = await listen('club:dying', 4, await createToken('ann'));
    await publishAll('club:dying', upTo(1, 10));
    const [victim] = await edges();
    process.kill(Number(await inspect(victim?.id ?? '', '{{.State.Pid}}')), 'SIGKILL');
    await publishAll('club:dying', upTo(11, 50));
    for (const client of listening) {
      expect(await client.received('club:dying', 50)).toEqual(upTo(1, 50));
    }
    const again = listening.filter((client) => client.told('subscribed', 'club:dying').length > 1);
    expect(again.length).toBeGreaterThan(0);
    for (const client of again) {
      expect(await client.tells('subscribed', 'club:dying', 2)).toMatchObject({ recovered: true });
    }
  });
});
