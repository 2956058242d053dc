import { httpRequest, RawSocket, until } from '@newswire/testkit';
import { Centrifuge, type Subscription } from 'centrifuge';
import { EventSource } from 'eventsource';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { SECRET, sign } from './rig/access-rig.js';
import { CodeEdge } from './rig/code-edge.js';

const TOKENS = { TOKEN_HMAC_SECRET: SECRET };

async function edgeWith(settings: Record<string, string | number> = {}): Promise<CodeEdge> {
  const edge = await CodeEdge.start({ settings });
  onTestFinished(() => edge.stop());
  return edge;
}

/** A subscription token of so many bytes. */
async function createToken(channel: string, bytes: number): Promise<string> {
  const { length } = await sign({ sub: 'ann', channel, info: { pad: '' } });
  const pad = 'x'.repeat(Math.floor(((bytes - length) * 3) / 4));
  return sign({ sub: 'ann', channel, info: { pad } });
}

const createNames = (count: number) => Array.from({ length: count }, (_, i) => `channel-${i}`);

type Transport = 'websocket' | 'sse' | 'http_stream';

/** The unmodified library, with all of its subscriptions made before it connects. */
class BusyClient {
  readonly centrifuge: Centrifuge;
  readonly states: string[] = [];
  readonly #subscriptions: Subscription[];

  constructor(
    edge: CodeEdge,
    transport: Transport,
    token: string,
    subscriptions: ReadonlyMap<string, string>,
  ) {
    const url = transport === 'websocket' ? edge.url.replace('http', 'ws') : edge.url;
    const endpoint = `${url}/connection/${transport}`;
    this.centrifuge = new Centrifuge([{ transport, endpoint }], {
      websocket: WebSocket,
      eventsource: EventSource,
      emulationEndpoint: `${edge.url}/emulation`,
      minReconnectDelay: 1,
      maxReconnectDelay: 2,
      timeout: 30_000,
      token,
    });
    this.centrifuge.on('connecting', ({ code }) => this.states.push(`connecting ${code}`));
    this.centrifuge.on('connected', () => this.states.push('connected'));
    this.centrifuge.on('disconnected', ({ code }) => this.states.push(`disconnected ${code}`));
    this.centrifuge.on('error', ({ error }) => this.states.push(`error ${error.code}`));
    this.#subscriptions = [...subscriptions].map(([channel, each]) => {
      const subscription = this.centrifuge.newSubscription(channel, { token: each });
      subscription.on('error', ({ error }) => this.states.push(`${channel}: ${error.code}`));
      subscription.subscribe();
      return subscription;
    });
    this.centrifuge.connect();
    onTestFinished(() => this.centrifuge.disconnect());
  }

  async allSubscribed(): Promise<void> {
    await until('all subscriptions', () => {
      if (this.states.length > 2) throw new Error(this.states.join());
      return this.#subscriptions.every(({ state }) => (state as string) === 'subscribed');
    });
  }
}

async function withTokens(channels: readonly string[], bytes: number) {
  const tokens = channels.map(async (name) => [name, await createToken(name, bytes)] as const);
  return new Map(await Promise.all(tokens));
}

describe("a client's first message", () => {
  test.each<[Transport, number]>([
    ['websocket', 484],
    ['websocket', 8191],
    ['http_stream', 8191],
    ['sse', 8191],
  ])('over %s may have 128 subscriptions with tokens of %i bytes', async (transport, bytes) => {
    const edge = await edgeWith(TOKENS);
    const subscriptions = await withTokens(createNames(128), bytes);
    for (const token of subscriptions.values()) expect(token.length).toBeGreaterThan(bytes - 5);
    const client = new BusyClient(edge, transport, await sign({ sub: 'ann' }), subscriptions);
    await client.allSubscribed();
    expect(client.states).toEqual(['connecting 0', 'connected']);
  });

  test('may have as many subscriptions as a connection may have channels, whatever that is', async () => {
    const edge = await edgeWith({ ...TOKENS, MAX_CHANNELS_PER_SESSION: 5000 });
    const subscriptions = new Map(createNames(5000).map((name) => [name, '']));
    // A token is checked asynchronously: all commands wait until it is.
    const client = new BusyClient(edge, 'websocket', await sign({ sub: 'ann' }), subscriptions);
    await client.allSubscribed();
    expect(client.states).toEqual(['connecting 0', 'connected']);
  });

  test('that is too long ends the library for good, with 1009', async () => {
    const edge = await edgeWith(TOKENS);
    const subscriptions = await withTokens(createNames(200), 8191);
    const client = new BusyClient(edge, 'websocket', await sign({ sub: 'ann' }), subscriptions);
    await until('the end', () => client.states.length > 1);
    const MESSAGE_SIZE_LIMIT = 3;
    expect(client.states).toEqual(['connecting 0', `disconnected ${MESSAGE_SIZE_LIMIT}`]);
    await edge.hasClosed(1009);
  });
});

describe('a message over the limit', () => {
  const LIMIT = 131_584;

  async function opened() {
    const edge = await edgeWith({ MAX_FRAME_BYTES: LIMIT });
    const socket = new WebSocket(`${edge.url.replace('http', 'ws')}/ws`);
    onTestFinished(() => socket.terminate());
    const closes: [code: number, reason: string][] = [];
    const texts: string[] = [];
    socket.on('close', (code, reason) => closes.push([code, String(reason)]));
    socket.on('message', (text) => texts.push(String(text)));
    socket.on('error', () => undefined);
    await until('the connection', () => socket.readyState === WebSocket.OPEN);
    const closed = () => until('the close', () => closes[0]);
    return { edge, socket, closed, texts };
  }

  const connect = '{"id":1,"connect":{}}';

  test('closes with 1009, and one at the limit is read', async () => {
    const { socket, closed, texts } = await opened();
    socket.send(connect.padEnd(LIMIT));
    await until('the answer', () => texts.length > 0);
    socket.send('{}'.padEnd(LIMIT + 1));
    expect(await closed()).toEqual([1009, 'message too long']);
  });

  test.each(['text', 'binary'])('closes with 1009 in several %s fragments, too', async (type) => {
    const { socket, closed } = await opened();
    const binary = type === 'binary';
    for (let i = 0; i < 3; i++) socket.send('x'.repeat(50_000), { fin: i === 2, binary });
    expect(await closed()).toEqual([1009, 'message too long']);
  });

  test('is not read: what follows it is not either', async () => {
    const { edge, socket, closed, texts } = await opened();
    socket.send(connect.padEnd(LIMIT + 1));
    socket.send(connect);
    await closed();
    expect(texts).toEqual([]);
    expect(await edge.sessions()).toBe(0);
  });

  test('cuts the connection off where it is twice as long, which counts as 1009', async () => {
    const { edge, socket, closed } = await opened();
    socket.send('x'.repeat(2 * LIMIT + 1));
    expect(await closed()).toEqual([1006, '']);
    await edge.hasClosed(1009);
  });
});

test('a connect command that is too long for a URL is answered 431', async () => {
  const edge = await edgeWith();
  const connect = JSON.stringify({ id: 1, connect: { token: 'x'.repeat(20_000) } });
  const socket = await RawSocket.open(edge.port);
  onTestFinished(() => socket.cut());
  socket.send(httpRequest(`GET /connection/sse?cf_connect=${encodeURIComponent(connect)}`));
  expect(await socket.receives('\r\n\r\n')).toMatch(/^HTTP\/1.1 431 /);
  await socket.closed();
});

test('a connect command that is too long for a body is answered 413', async () => {
  const edge = await edgeWith();
  const body = JSON.stringify({ id: 1, connect: { data: 'x'.repeat(2_000_000) } });
  const response = await fetch(`${edge.url}/connection/http_stream`, { method: 'POST', body });
  expect(response.status).toBe(413);
});
