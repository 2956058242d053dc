import { RawSocket, until, upgradeRequest } from '@newswire/testkit';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { CodeEdge } from './rig/code-edge.js';

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
  readonly errors: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly socket: WebSocket;

  constructor(url: string, subprotocols: string[]) {
    this.socket = new WebSocket(url, subprotocols);
    this.socket.on('message', (frame) => this.texts.push(String(frame)));
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
  ])('%j and %j close with 3506', async (subprotocols, query) => {
    const client = new StrictClient(`${address(path)}${query}`, subprotocols);
    await client.opened();
    const reason = 'inappropriate protocol';
    expect(await until('the close', () => client.closed)).toEqual({ code: 3506, reason });
  });

  test('a strict client that offers another subprotocol fails by itself', async () => {
    const client = new StrictClient(address(path), ['mqtt']);
    await until('the failure', () => client.closed);
    expect(client.errors).toEqual(['Server sent no subprotocol']);
  });

  test("the library's Protobuf build ends with 3506", async () => {
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
    await until('an end', () => states.length > 1);
    expect(states).toEqual([
      ['connecting', 0],
      ['disconnected', 3506],
    ]);
    expect(await edge.sessions()).toBe(0);
  });
});
