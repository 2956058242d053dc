import {
  missingPrograms,
  NewswireProcess,
  publish,
  RedisServer,
  subscribed,
  until,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

interface Line {
  readonly id?: number;
  readonly error?: { readonly code: number };
  readonly subscribe?: { readonly offset: number; readonly epoch: string };
}

/** A plain WebSocket that keeps every line it gets. */
class Client {
  readonly lines: Line[] = [];
  readonly socket: WebSocket;
  closeCode: number | undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on('message', (frame) => {
      for (const line of String(frame).split('\n')) this.lines.push(JSON.parse(line) as Line);
    });
    this.socket.on('close', (code) => (this.closeCode = code));
    this.socket.on('error', () => undefined);
  }

  async send(...commands: unknown[]): Promise<void> {
    await until('the connection', () => this.socket.readyState === WebSocket.OPEN);
    const lines = commands.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    this.socket.send(lines.join('\n'));
  }

  answer(id: number): Promise<Line> {
    return until(`answer ${id}`, () => this.lines.find((line) => line.id === id));
  }

  async closed(): Promise<number> {
    return until('the close', () => this.closeCode);
  }
}

const CONNECT = { id: 1, connect: {} };
const subscribe = (id: number, channel: string, more: object = {}) => ({
  id,
  subscribe: { channel, ...more },
});

const missing = missingPrograms('redis-server', 'redis-cli');

describe.skipIf(missing.length > 0)('the Centrifuge protocol, raw (needs redis-server)', () => {
  let redis: RedisServer;
  let center: NewswireProcess;
  let edge: NewswireProcess;
  const clients: Client[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    const environment = { NEWSWIRE_REDIS_URL: redis.url };
    center = await NewswireProcess.start('center', environment);
    edge = await NewswireProcess.start('edge', {
      ...environment,
      NEWSWIRE_DRAIN_MS: '0',
      NEWSWIRE_MAX_CHANNELS_PER_SESSION: '2',
    });
  });
  afterEach(() => {
    for (const { socket } of clients.splice(0)) socket.terminate();
  });
  afterAll(async () => {
    await Promise.all([center.stop(), edge.stop()]);
    await redis.dispose();
  });

  async function open(...first: unknown[]): Promise<Client> {
    const client = new Client(edge.webSocketUrl);
    clients.push(client);
    await client.send(...first);
    return client;
  }

  test.each([
    ['a command before connect', [subscribe(1, 'a')]],
    ['connecting twice', [CONNECT, { id: 2, connect: {} }]],
    ['what is not JSON', [CONNECT, 'sub#a']],
  ])('%s closes with 3501', async (_, commands) => {
    const client = await open(...commands);
    expect(await client.closed()).toBe(3501);
  });

  test('later commands of the same frame have no effect', async () => {
    const rest = [CONNECT, subscribe(3, 'left')];
    const client = await open(subscribe(1, 'left'), ...rest);
    expect(await client.closed()).toBe(3501);
    const other = await open(CONNECT, subscribe(2, 'left'));
    await other.answer(2);
    await subscribed(center.url, 'left', 1);
  });

  test('a channel it is on already, and one too many, are refused', async () => {
    const client = await open(CONNECT, subscribe(2, 'a'), subscribe(3, 'a'));
    expect(await client.answer(3)).toMatchObject({ error: { code: 105 } });
    await client.send(subscribe(4, 'b'), subscribe(5, 'c'));
    expect(await client.answer(5)).toMatchObject({ error: { code: 106 } });
    await client.send({ id: 6, unsubscribe: { channel: 'a' } }, subscribe(7, 'c'));
    expect(await client.answer(7)).toHaveProperty('subscribe');
    expect(client.closeCode).toBeUndefined();
  });

  test('where it must recover and cannot, it is refused with 112 and not subscribed', async () => {
    await publish(center.url, 'must', 'x');
    const position = { recover: true, offset: 1, epoch: 'nobodys' };
    const client = await open(CONNECT, subscribe(2, 'must', { ...position, flag: 2 }));
    expect(await client.answer(2)).toMatchObject({ error: { code: 112 } });
    await client.send(subscribe(3, 'must', position));
    expect(await client.answer(3)).toMatchObject({
      subscribe: { recovered: false, was_recovering: true, offset: 1 },
    });
    await subscribed(center.url, 'must', 1);
  });

  test.each([
    [{ subscribe: { channel: 'a', type: 1 } }, 108],
    [{ subscribe: { channel: 'a', tf: {} } }, 107],
    [{ subscribe: { channel: 'a', tf: { key: 'k', cmp: 'ex' } } }, 107],
    [{ publish: { channel: 'a', data: 1 } }, 108],
    [{ history: { channel: 'a' } }, 108],
    [{ presence: { channel: 'a' } }, 108],
    [{ presence_stats: { channel: 'a' } }, 108],
    [{ rpc: { method: 'm' } }, 108],
    [{ refresh: { token: '' } }, 107],
    [{ sub_refresh: { channel: 'a', token: 't' } }, 103],
    [{ publish: { channel: 'a' } }, 107],
    [{ history: { channel: 'a', limit: -5 } }, 107],
    [{ unheard: {} }, 104],
  ])('%j: error %i, and the connection stays', async (command, code) => {
    const client = await open(CONNECT, { id: 2, ...command }, subscribe(3, 'after'));
    expect(await client.answer(2)).toMatchObject({ error: { code } });
    expect(await client.answer(3)).toHaveProperty('subscribe');
  });
});
