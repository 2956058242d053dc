import { RawSocket, until, upgradeRequest } from '@newswire/testkit';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { CodeEdge } from './rig/code-edge.js';
import { decodeReplies, encodeCommands } from './rig/protobuf.js';

const PATHS = ['/ws', '/connection/websocket'];

let edge: CodeEdge;

beforeAll(async () => {
  edge = await CodeEdge.start({});
});
afterAll(() => edge.stop());

const address = (path: string) => `ws://127.0.0.1:${edge.port}${path}`;

/** The head of the answer to an upgrade with these header lines. */
async function answerTo(path: string, ...headers: readonly string[]): Promise<string> {
  const socket = await RawSocket.open(edge.port);
  onTestFinished(() => socket.cut());
  const lines = headers.map((header) => `\r\n${header}`).join('');
  socket.send(upgradeRequest(path).replace('\r\n', `${lines}\r\n`));
  const received = await socket.receives('\r\n\r\n');
  return received.slice(0, received.indexOf('\r\n\r\n') + 2);
}

/** The `ws` package fails a handshake whose answer names none of the offered subprotocols. */
class StrictClient {
  readonly texts: string[] = [];
  readonly frames: Buffer[] = [];
  readonly errors: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly socket: WebSocket;

  constructor(url: string, subprotocols: string[]) {
    this.socket = new WebSocket(url, subprotocols);
    this.socket.on('message', (frame: Buffer) => {
      this.frames.push(frame);
      this.texts.push(String(frame));
    });
    this.socket.on('error', ({ message }) => this.errors.push(message));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: String(reason) }));
    onTestFinished(() => this.socket.terminate());
  }

  async opened(): Promise<void> {
    await until('the handshake', () => this.socket.readyState !== WebSocket.CONNECTING);
    if (this.errors.length > 0) throw new Error(this.errors.join());
  }
}

describe.each(PATHS)('%s', (path) => {
  test.each([
    [['Sec-WebSocket-Protocol: centrifuge-json'], 'centrifuge-json'],
    [['Sec-WebSocket-Protocol: centrifuge-protobuf'], 'centrifuge-protobuf'],
    [['Sec-WebSocket-Protocol: centrifuge-protobuf, centrifuge-json'], 'centrifuge-json'],
    [['Sec-WebSocket-Protocol: mqtt,centrifuge-json'], 'centrifuge-json'],
    [
      ['Sec-WebSocket-Protocol: mqtt', 'sec-websocket-protocol: centrifuge-json'],
      'centrifuge-json',
    ],
  ])('%j is answered with %s', async (headers, subprotocol) => {
    const head = await answerTo(path, ...headers);
    expect(head).toMatch(/^HTTP\/1.1 101 /);
    expect(head.match(/^sec-websocket-protocol:.*$/gim)).toEqual([
      `Sec-WebSocket-Protocol: ${subprotocol}`,
    ]);
  });

  test.each([[[]], [['Sec-WebSocket-Protocol: mqtt']], [['Sec-WebSocket-Protocol: ']]])(
    '%j is answered without a subprotocol',
    async (headers) => {
      const head = await answerTo(path, ...headers);
      expect(head).toMatch(/^HTTP\/1.1 101 /);
      expect(head).not.toMatch(/sec-websocket-protocol/i);
    },
  );

  test('a strict client that offers centrifuge-json connects', async () => {
    const client = new StrictClient(address(path), ['centrifuge-json']);
    await client.opened();
    client.socket.send('{"id":1,"connect":{}}');
    expect(await until('the answer', () => client.texts[0])).toContain('"connect"');
  });

  test('centrifuge-json settles the protocol, whatever the first frame is', async () => {
    const client = new StrictClient(address(path), ['centrifuge-json']);
    await client.opened();
    client.socket.send('sub#a');
    expect(await until('the close', () => client.closed)).toMatchObject({ code: 3501 });
  });

  test.each([
    [['centrifuge-protobuf'], ''],
    [[], '?format=protobuf'],
    [[], '?cf_protocol=protobuf'],
  ])('%j and %j connect with Protobuf, and text closes with 3506', async (subprotocols, query) => {
    const client = new StrictClient(`${address(path)}${query}`, subprotocols);
    await client.opened();
    client.socket.send(encodeCommands({ id: 1, connect: {} }, {}));
    const [reply] = decodeReplies(await until('the answer', () => client.frames[0]));
    expect(reply).toMatchObject({ id: 1, connect: { ping: 25, pong: true } });
    client.socket.send('{"id":2,"rpc":{}}');
    const reason = 'inappropriate protocol';
    expect(await until('the close', () => client.closed)).toEqual({ code: 3506, reason });
  });

  test('centrifuge-json with binary frames closes with 3506', async () => {
    const client = new StrictClient(address(path), ['centrifuge-json']);
    await client.opened();
    client.socket.send(encodeCommands({ id: 1, connect: {} }));
    expect(await until('the close', () => client.closed)).toMatchObject({ code: 3506 });
  });

  test('bytes that are not Protobuf close with 3501', async () => {
    const client = new StrictClient(address(path), ['centrifuge-protobuf']);
    await client.opened();
    client.socket.send(Buffer.from('{"id":1,"connect":{}}'));
    expect(await until('the close', () => client.closed)).toMatchObject({ code: 3501 });
  });

  test('a strict client that offers another subprotocol fails by itself', async () => {
    const client = new StrictClient(address(path), ['mqtt']);
    await until('the failure', () => client.closed);
    expect(client.errors).toEqual(['Server sent no subprotocol']);
  });

  test("the library's Protobuf build connects, and receives what is published", async () => {
    const states: [state: string, code: number][] = [];
    const client = new ProtobufCentrifuge(address(path), {
      websocket: WebSocket,
      minReconnectDelay: 1,
      maxReconnectDelay: 2,
    });
    onTestFinished(() => client.disconnect());
    client.on('connecting', ({ code }) => states.push(['connecting', code]));
    client.on('disconnected', ({ code }) => states.push(['disconnected', code]));
    client.connect();
    const data: unknown[] = [];
    const subscription = client.newSubscription('open');
    subscription.on('publication', (publication) => data.push(publication.data));
    subscription.subscribe();
    await subscription.ready();
    await edge.broker.publish('open', '{"n": 1}');
    await until('the publication', () => data.length > 0);
    expect(data.map(String)).toEqual([Buffer.from('{"n": 1}')].map((each) => [...each].join()));
    expect(states).toEqual([['connecting', 0]]);
  });
});
