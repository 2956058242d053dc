import {
  callApi,
  missingPrograms,
  NewswireProcess,
  publish,
  RedisServer,
  SeedClient,
  subscribed,
  until,
  type ServiceEnvironment,
} from '@newswire/testkit';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const missing = missingPrograms('redis-server', 'redis-cli');

interface Stack {
  readonly center: NewswireProcess;
  readonly edge: NewswireProcess;
}

describe.skipIf(missing.length > 0)('two stacks on one Redis (needs redis-server)', () => {
  let redis: RedisServer;
  const stacks: Stack[] = [];
  const clients: SeedClient[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.dispose());
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    const running = stacks.splice(0).flatMap(({ center, edge }) => [edge, center]);
    await Promise.all(running.map((service) => service.stop('SIGKILL')));
    await redis.cli('FLUSHALL');
  });

  async function start(database: number, settings: ServiceEnvironment = {}): Promise<Stack> {
    const environment = { ...settings, NEWSWIRE_REDIS_URL: `${redis.url}/${database}` };
    const [center, edge] = await Promise.all([
      NewswireProcess.start('center', environment),
      NewswireProcess.start('edge', { ...environment, NEWSWIRE_DRAIN_MS: '0' }),
    ]);
    const stack = { center, edge };
    stacks.push(stack);
    return stack;
  }

  /** `count`: of the channel's subscribers then, in all stacks that answer this one's center. */
  async function listen({ edge, center }: Stack, channel: string, count = 1): Promise<SeedClient> {
    const client = await SeedClient.open(edge.webSocketUrl);
    clients.push(client);
    client.send(`sub#${channel}`);
    await subscribed(center.url, channel, count);
    return client;
  }

  const PREFIX = { NEWSWIRE_REDIS_PREFIX: 'same' };

  test.each([
    ['by database number', {}, 1],
    ['with the same prefix by mistake', PREFIX, 2],
  ])('each delivers all of its own and nothing of the other: %s', async (_, settings, count) => {
    const [a, b] = [await start(0, settings), await start(1, settings)];
    const [ofA, ofB] = [await listen(a, 'x'), await listen(b, 'x', count)];
    await publish(a.center.url, 'x', 'a1');
    await publish(b.center.url, 'x', 'b1');
    await publish(b.center.url, 'x', 'b2');
    for (const data of ['a2', 'a3', 'a4']) await publish(a.center.url, 'x', data);
    await publish(b.center.url, 'x', 'b3');
    expect(await ofA.received(4)).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(await ofB.received(3)).toEqual(['b1', 'b2', 'b3']);
  });

  test('the first publication of the other stack is not taken for one of an empty log', async () => {
    const [a, b] = [await start(0, PREFIX), await start(1, PREFIX)];
    const ofA = await listen(a, 'x');
    await publish(b.center.url, 'x', 'b1');
    await publish(a.center.url, 'x', 'a1');
    expect(await ofA.received(1)).toEqual(['a1']);
  });

  test.each([
    ['database numbers', {}, {}],
    ['prefixes', { NEWSWIRE_REDIS_PREFIX: 'one' }, { NEWSWIRE_REDIS_PREFIX: 'two' }],
  ])('control requests stay within a stack: different %s', async (_, ofA, ofB) => {
    const database = ofA === ofB ? 0 : Number(Object.keys(ofB).length === 0);
    const [a, b] = [await start(0, ofA), await start(database, ofB)];
    const client = await listen(b, 'x');
    expect(await callApi(a.center.url, 'info', {})).toMatchObject({
      result: { nodes: [expect.anything()] },
    });
    expect(await callApi(a.center.url, 'channels', {})).toEqual({ result: { channels: {} } });
    await publish(b.center.url, 'x', 'still here');
    expect(await client.received(1)).toEqual(['still here']);
  });

  test('disconnect reaches a user of its own stack only', async () => {
    const secret = 'a secret of 32 characters or more';
    const settings = { NEWSWIRE_TOKEN_HMAC_SECRET: secret, NEWSWIRE_ANONYMOUS: 'on' };
    const [a, b] = [await start(0, settings), await start(1, settings)];
    const token = await new SignJWT({ sub: '42' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(secret));
    const socket = new WebSocket(b.edge.webSocketUrl);
    const messages: string[] = [];
    socket.on('message', (message: Buffer) => void messages.push(message.toString()));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('open', () => socket.send(JSON.stringify({ id: 1, connect: { token } })));
    await until('the reply', () => messages.length > 0);
    expect(await callApi(a.center.url, 'disconnect', { user: '42' })).toEqual({ result: {} });
    expect(socket.readyState).toBe(WebSocket.OPEN);
    const code = 4000;
    await callApi(b.center.url, 'disconnect', { user: '42', disconnect: { code, reason: 'b' } });
    expect(await closed).toBe(code);
  });

  test('an item of the inlet is published by the stack that its topic names', async () => {
    const [a, b] = [await start(0), await start(1)];
    const [ofA, ofB] = [await listen(a, 'x'), await listen(b, 'x')];
    await redis.cli('PUBLISH', 'news:x', 'for a');
    await redis.cli('PUBLISH', 'nw1:news:x', 'for b');
    await until('both items', () => ofA.frames.length > 0 && ofB.frames.length > 0);
    await publish(a.center.url, 'x', 'end');
    await publish(b.center.url, 'x', 'end');
    expect(await ofA.received(2)).toEqual(['for a', 'end']);
    expect(await ofB.received(2)).toEqual(['for b', 'end']);
  });
});
