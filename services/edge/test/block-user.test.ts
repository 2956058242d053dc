import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, freePort, NewswireProcess, RedisServer, until } from '@newswire/testkit';
import { Centrifuge, State } from 'centrifuge';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const SECRET = 'a-secret-of-at-least-32-characters';
let redis: RedisServer;
let center: NewswireProcess;
let edges: NewswireProcess[];

const startEdge = (more: object = {}) =>
  NewswireProcess.start('edge', {
    NEWSWIRE_REDIS_URL: redis.url,
    NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
    NEWSWIRE_DRAIN_MS: '0',
    ...more,
  });

beforeAll(async () => {
  redis = await RedisServer.start();
  edges = await Promise.all([startEdge(), startEdge()]);
  center = await NewswireProcess.start('center', { NEWSWIRE_REDIS_URL: redis.url });
});
afterAll(async () => {
  await Promise.all([center, ...edges].map((each) => each.stop('SIGKILL')));
  await redis.dispose();
});

async function connect(edge: NewswireProcess | undefined, user: string) {
  const token = await new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET));
  const url = `ws://127.0.0.1:${edge?.port}/connection/websocket`;
  const centrifuge = new Centrifuge(url, { token, websocket: WebSocket, minReconnectDelay: 20 });
  const codes: number[] = [];
  centrifuge.on('disconnected', ({ code }) => codes.push(code));
  centrifuge.connect();
  await until('an answer', () => centrifuge.state !== State.Connecting);
  return { centrifuge, codes };
}

test('a blocked user is disconnected from every edge, and stays out after a restart', async () => {
  const [one, two] = edges;
  const ann = [await connect(one, 'ann'), await connect(two, 'ann')];
  const bob = await connect(one, 'bob');
  expect(await callApi(center.url, 'block_user', { user: 'ann' })).toEqual({ result: {} });
  await until('both to be closed', () => ann.every(({ codes }) => codes.length > 0));
  expect(ann.map(({ codes }) => codes)).toEqual([[3503], [3503]]);
  expect(bob.centrifuge.state).toBe(State.Connected);
  for (const edge of edges) expect((await connect(edge, 'ann')).codes).toEqual([3507]);

  await one?.stop('SIGKILL');
  edges[0] = await startEdge();
  expect((await connect(edges[0], 'ann')).codes).toEqual([3507]);

  expect(await callApi(center.url, 'unblock_user', { user: 'ann' })).toEqual({ result: {} });
  const again = await connect(edges[0], 'ann');
  expect(again.centrifuge.state).toBe(State.Connected);
  for (const { centrifuge } of [...ann, bob, again]) centrifuge.disconnect();
});

test('an edge that was not notified reads the list by itself', async () => {
  const [one] = edges;
  const eve = await connect(one, 'eve');
  await redis.cli('ZADD', 'nw0:blocked', '+inf', 'eve');
  await until('the next read', () => eve.codes.length > 0, 15_000);
  expect(eve.codes).toEqual([3503]);
});

test('the embedded server blocks, too', async () => {
  const server = await NewswireProcess.start('standalone', {
    NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
    NEWSWIRE_DRAIN_MS: '0',
  });
  try {
    const ann = await connect(server, 'ann');
    expect(await callApi(server.url, 'block_user', { user: 'ann' })).toEqual({ result: {} });
    await until('the end', () => ann.codes.length > 0);
    expect([ann.codes, (await connect(server, 'ann')).codes]).toEqual([[3503], [3507]]);
  } finally {
    await server.stop();
  }
});

test('center blocks over links; an edge that restarts asks for the list', async () => {
  const port = String(await freePort());
  const links = {
    NEWSWIRE_BROKER: 'delegate',
    NEWSWIRE_LINK_SECRET_FILE: join(mkdtempSync(join(tmpdir(), 'newswire-')), 'link-secret'),
    NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
    NEWSWIRE_DRAIN_MS: '0',
  };
  const startLinked = () =>
    NewswireProcess.start(
      'edge',
      { ...links, NEWSWIRE_DELEGATE_PORT: port },
      { untilReady: false },
    );
  const { NEWSWIRE_TOKEN_HMAC_SECRET: _, ...ofCenter } = links;
  const dialing = await NewswireProcess.start(
    'center',
    { ...ofCenter, NEWSWIRE_EDGES: `localhost:${port}` },
    { untilReady: false },
  );
  let edge = await startLinked();
  const isReady = () => until('the link', async () => (await edge.status('/readyz')) === 200);
  try {
    await isReady();
    const ann = await connect(edge, 'ann');
    expect(await callApi(dialing.url, 'block_user', { user: 'ann' })).toEqual({ result: {} });
    await until('the end', () => ann.codes.length > 0);
    await edge.stop('SIGKILL');
    edge = await startLinked();
    await isReady();
    const again = await connect(edge, 'ann');
    await until('its refusal', () => again.codes.length > 0);
    expect(ann.codes).toEqual([3503]);
    // An edge is ready only once it has the list.
    expect(again.codes).toEqual([3507]);
  } finally {
    await Promise.all([edge, dialing].map((each) => each.stop('SIGKILL')));
  }
});
