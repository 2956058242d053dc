import { httpRequest, RawSocket, until, upgradeRequest } from '@newswire/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { SECRET, sign } from './rig/access-rig.js';
import { Backend, json } from './rig/backend.js';
import type { CodeClient } from './rig/code-client.js';
import { CodeEdge } from './rig/code-edge.js';

async function edgeWith(settings: Record<string, string | number>): Promise<CodeEdge> {
  const edge = await CodeEdge.start({ settings });
  onTestFinished(() => edge.stop());
  return edge;
}

async function ask(edge: CodeEdge, request: string, end = '}}'): Promise<string> {
  const socket = await RawSocket.open(edge.port);
  onTestFinished(() => socket.cut());
  socket.send(request);
  return socket.receives(end);
}

const closed = (client: CodeClient) => until('the close', () => client.closeCode);
const refused = (edge: CodeEdge, reason: string) =>
  edge.metric(`connections_refused_total{reason="${reason}"}`);

test('connections that a full or draining edge refuses are counted', async () => {
  const edge = await edgeWith({ MAX_CONNECTIONS: 1 });
  await (await edge.connected()).answer(1);
  expect(await ask(edge, upgradeRequest('/ws'))).toContain(' 503 ');
  await ask(edge, httpRequest('GET /sse?channels=a'), 'this edge is full');
  expect(await refused(edge, 'full')).toBe(2);
  void edge.drain();
  expect(await ask(edge, upgradeRequest('/ws'))).toContain(' 503 ');
  expect([await refused(edge, 'full'), await refused(edge, 'draining')]).toEqual([2, 1]);
});

test.each([
  ['rate', { CONNECTS_PER_SECOND: 1 }, 3013],
  ['address', { MAX_CONNECTIONS_PER_ADDRESS: 1 }, 3504],
  ['user', { MAX_CONNECTIONS_PER_USER: 1 }, 3504],
])('connections over the limit of a %s are counted', async (reason, settings, code) => {
  const edge = await edgeWith({ TOKEN_HMAC_SECRET: SECRET, ...settings });
  const token = await sign({ sub: 'ann' });
  await (await edge.connected(token)).answer(1);
  expect(await refused(edge, reason)).toBeUndefined();
  expect(await closed(await edge.connected(token))).toBe(code);
  expect(await refused(edge, reason)).toBe(1);
});

test('pages of other hosts are counted', async () => {
  const edge = await edgeWith({});
  const request = (origin: string) =>
    upgradeRequest('/ws').replace('\r\n', `\r\nOrigin: ${origin}\r\n`);
  expect(await edge.metric('origins_refused_total')).toBe(0);
  expect(await ask(edge, request('https://elsewhere.example'))).toContain(' 403 ');
  expect(await edge.metric('origins_refused_total')).toBe(1);
});

test('tokens that are refused are counted', async () => {
  const edge = await edgeWith({ TOKEN_HMAC_SECRET: SECRET });
  await (await edge.connected(await sign({ sub: 'ann', exp: 1 }))).answer(1);
  for (const token of ['x', 'y']) expect(await closed(await edge.connected(token))).toBe(3500);
  const counts = ['expired', 'invalid'].map((reason) =>
    edge.metric(`tokens_refused_total{reason="${reason}"}`),
  );
  expect(await Promise.all(counts)).toEqual([1, 2]);
});

test('hook requests are counted by result, and timed', async () => {
  const backend = await Backend.start(json({ result: { data: 1 } }));
  const edge = await edgeWith({ RPC_HOOK_URL: backend.url });
  const client = await edge.connected('', { id: 2, rpc: { method: 'm' } });
  await client.answer(2);
  backend.answer = json({ error: { code: 404 } });
  client.send({ id: 3, rpc: { method: 'm' } });
  await client.answer(3);
  backend.answer = json({}, 429);
  client.send({ id: 4, rpc: { method: 'm' } });
  await client.answer(4);
  backend.answer = json({}, 500);
  client.send({ id: 5, rpc: { method: 'm' } });
  await client.answer(5);
  expect(await edge.metric('hook_calls_total{hook="rpc",result="answered"}')).toBe(3);
  expect(await edge.metric('hook_calls_total{hook="rpc",result="failed"}')).toBe(1);
  expect(await edge.metric('hook_seconds_count{hook="rpc"}')).toBe(4);
  expect(await edge.metric('hook_seconds_sum{hook="rpc"}')).toBeGreaterThan(0);
});
