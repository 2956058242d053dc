import { httpRequest, RawSocket, until, upgradeRequest } from '@newswire/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SECRET, sign } from './rig/access-rig.js';
import { CodeEdge } from './rig/code-edge.js';

async function edgeWith(settings: Record<string, string | number>): Promise<CodeEdge> {
  const edge = await CodeEdge.start({ settings });
  onTestFinished(() => edge.stop());
  return edge;
}

async function ask(port: number, request: string): Promise<RawSocket> {
  const socket = await RawSocket.open(port);
  onTestFinished(() => socket.cut());
  socket.send(request);
  return socket;
}

const connect = '{"id":1,"connect":{}}';
const OPENINGS = {
  '/ws': upgradeRequest('/ws'),
  '/connection/websocket': upgradeRequest('/connection/websocket'),
  '/connection/sse': httpRequest(`GET /connection/sse?cf_connect=${encodeURIComponent(connect)}`),
  '/connection/http_stream': httpRequest('POST /connection/http_stream', { body: connect }),
  '/sse': httpRequest('GET /sse?channels=a'),
};

test('a full edge refuses every connection until one is closed', async () => {
  const edge = await edgeWith({ MAX_CONNECTIONS: 1 });
  const first = await edge.connected();
  await first.answer(1);
  for (const [path, request] of Object.entries(OPENINGS)) {
    const refused = await ask(edge.port, request);
    // An event stream ends at once: EventSource gives up on any status but 200.
    const status = path.endsWith('/sse') ? 200 : 503;
    const answer = await refused.receives('this edge is full');
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
  first.terminate();
  await until('a place', async () => {
    const next = await edge.connected();
    return next.answer(1).catch(() => undefined);
  });
});

test('a user with too many connections is closed with 3504, others are not', async () => {
  const edge = await edgeWith({ TOKEN_HMAC_SECRET: SECRET, MAX_CONNECTIONS_PER_USER: 1 });
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((sub) => sign({ sub })));
  const first = await edge.connected(ann);
  await first.answer(1);
  const second = await edge.connected(ann);
  expect(await until('the close', () => second.closeCode)).toBe(3504);
  await (await edge.connected(bob)).answer(1);
  first.terminate();
  await until('room for one', async () => {
    const next = await edge.connected(ann);
    return until('an answer', () => next.closeCode ?? next.lines.length > 0).then(
      () => next.closeCode === undefined,
    );
  });
});

describe('an address with too many connections, or that comes too often', () => {
  test.each([
    ['MAX_CONNECTIONS_PER_ADDRESS', 3504, 429, 'connection limit'],
    ['CONNECTS_PER_SECOND', 3013, 200, 'too many requests'],
  ])(
    '%s: %i, on an event stream %i, and nothing of it stays',
    async (name, code, status, reason) => {
      const edge = await edgeWith({ [name]: 1 });
      const first = await edge.connected();
      await first.answer(1);
      const second = await edge.open();
      expect(await until('the close', () => second.closeCode)).toBe(code);
      const streamed = await ask(edge.port, OPENINGS['/sse']);
      expect(await streamed.receives(reason)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(await edge.sessions()).toBe(1);
    },
  );
});

test('too many commands are refused with 111, and going on closes with 3013', async () => {
  const edge = await edgeWith({ COMMANDS_PER_SECOND: 1, MAX_CHANNELS_PER_SESSION: 1 });
  const client = await edge.connected();
  await client.answer(1);
  const commands = Array.from({ length: 40 }, (_, i) => ({
    id: 2 + i,
    subscribe: { channel: 'a' },
  }));
  client.send(...commands.slice(0, 12));
  await until('the refusal', () => client.errors.includes(111));
  expect(client.closeCode).toBeUndefined();
  client.send(...commands.slice(12));
  expect(await until('the close', () => client.closeCode)).toBe(3013);
});

test('unsolicited pongs count as commands', async () => {
  const edge = await edgeWith({ COMMANDS_PER_SECOND: 1, MAX_CHANNELS_PER_SESSION: 1 });
  const client = await edge.connected();
  await client.answer(1);
  client.send(...Array.from({ length: 8 }, () => ({})));
  client.send({ id: 2, subscribe: { channel: 'a' } });
  await client.answer(2);
  client.send(...Array.from({ length: 40 }, () => ({})));
  expect(await until('the close', () => client.closeCode)).toBe(3013);
});

test("another host's page gets nothing, on any path", async () => {
  const edge = await edgeWith({});
  const paths = { ...OPENINGS, '/emulation': httpRequest('POST /emulation', { body: '{}' }) };
  for (const request of Object.values(paths)) {
    const evil = request.replace('\r\n', '\r\nOrigin: https://evil.example\r\n');
    const refused = await ask(edge.port, evil);
    expect(await refused.receives('}}')).toMatch(/^HTTP\/1.1 403 /);
  }
  expect(await edge.sessions()).toBe(0);
});
