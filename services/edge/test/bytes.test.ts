import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  callApi,
  freePort,
  missingPrograms,
  NewswireProcess,
  RedisServer,
  SeedClient,
  SseClient,
  subscribed,
  until,
} from '@newswire/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CodeClient, type Encoding } from './rig/code-client.js';

const folder = mkdtempSync(join(tmpdir(), 'newswire-bytes-'));
const channelsFile = join(folder, 'channels.json');
writeFileSync(
  channelsFile,
  JSON.stringify({ namespaces: { open: { publish: 'everyone', delta: true } } }),
);
const COMMON = { NEWSWIRE_CHANNELS_FILE: channelsFile, NEWSWIRE_DRAIN_MS: '0' };

/** Where clients connect, and where the server API is. */
interface Stack {
  readonly edge: NewswireProcess;
  readonly center: NewswireProcess;
}

function stopLater(service: NewswireProcess): NewswireProcess {
  onTestFinished(async () => void (await service.stop('SIGKILL')));
  return service;
}

async function startInMemory(): Promise<Stack> {
  const service = stopLater(await NewswireProcess.start('standalone', COMMON));
  return { edge: service, center: service };
}

async function startOverRedis(): Promise<Stack> {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.dispose());
  const environment = { ...COMMON, NEWSWIRE_REDIS_URL: redis.url };
  const edge = stopLater(await NewswireProcess.start('edge', environment));
  return { edge, center: stopLater(await NewswireProcess.start('center', environment)) };
}

async function startOverLinks(): Promise<Stack> {
  const port = String(await freePort());
  const environment = {
    ...COMMON,
    NEWSWIRE_BROKER: 'delegate',
    NEWSWIRE_LINK_SECRET_FILE: join(folder, 'secret'),
  } as const;
  const start = async (service: 'edge' | 'center', settings: Record<string, string>) => {
    const all = { ...environment, ...settings };
    return stopLater(await NewswireProcess.start(service, all, { untilReady: false }));
  };
  const center = await start('center', { NEWSWIRE_EDGES: `localhost:${port}` });
  const edge = await start('edge', { NEWSWIRE_DELEGATE_PORT: port });
  await until('the link', async () => (await edge.status('/readyz')) === 200);
  await until('the link', async () => (await center.status('/readyz')) === 200);
  return { edge, center };
}

const CHANNEL = 'open:a';

async function listen({ edge }: Stack, encoding: Encoding, more: object = {}): Promise<CodeClient> {
  const path = `/connection/websocket?format=${encoding}`;
  const client = await new CodeClient(edge.url.replace('http', 'ws') + path, encoding).opened();
  onTestFinished(() => client.terminate());
  client.send({ id: 1, connect: {} }, { id: 2, subscribe: { channel: CHANNEL, ...more } });
  expect(await client.answer(2)).toHaveProperty('subscribe');
  return client;
}

/** The data of the publications that a client has received, and whether they are marked. */
function pubsOf({ lines }: CodeClient): (readonly [data: unknown, mark: unknown])[] {
  type Pushed = { readonly push?: { readonly pub?: { data: unknown; b64?: unknown } } };
  return (lines as readonly Pushed[]).flatMap(({ push }) => {
    if (push?.pub === undefined) return [];
    const { data, b64 } = push.pub;
    return [[data instanceof Uint8Array ? Buffer.from(data).toString('latin1') : data, b64]];
  });
}

const needsRedis = missingPrograms('redis-server', 'redis-cli').length > 0;

describe.each([
  ['in memory', startInMemory, false],
  ['over Redis (needs it)', startOverRedis, needsRedis],
  ['over links', startOverLinks, false],
] as const)('bytes that are not JSON, %s', (_, start, isSkipped) => {
  test.skipIf(isSkipped)('arrive as they are in Protobuf, and as base64 elsewhere', async () => {
    const stack = await start();
    const seed = await SeedClient.open(stack.edge.webSocketUrl);
    onTestFinished(() => seed.close());
    seed.send(`sub#${CHANNEL}`);
    const events = new SseClient(`${stack.edge.url}/sse?channels=${CHANNEL}`);
    onTestFinished(() => events.cut());
    await events.open();
    const [protobuf, json] = [await listen(stack, 'protobuf'), await listen(stack, 'json')];
    await subscribed(stack.center.url, CHANNEL, 4);

    await callApi(stack.center.url, 'publish', { channel: CHANNEL, b64data: '/wEC' });
    await callApi(stack.center.url, 'publish', { channel: CHANNEL, b64data: 'eyJhIjogMX0=' });
    json.send({ id: 3, publish: { channel: CHANNEL, data: '/wEC' } });
    await until('all three', () => pubsOf(protobuf).length === 3);
    expect(pubsOf(protobuf)).toEqual([
      ['\xff\x01\x02', undefined],
      ['{"a": 1}', undefined],
      ['"/wEC"', undefined],
    ]);
    await until('all three', () => pubsOf(json).length === 3);
    expect(pubsOf(json)).toEqual([
      ['/wEC', true],
      [{ a: 1 }, undefined],
      ['/wEC', undefined],
    ]);
    expect(await seed.received(3)).toEqual(['/wEC', '{"a": 1}', '/wEC']);
    expect(await events.received(CHANNEL, 3)).toEqual(['/wEC', '{"a": 1}', '/wEC']);

    const request = { channel: CHANNEL, limit: 1 };
    const { result } = (await callApi(stack.center.url, 'history', request)) as {
      readonly result: { readonly publications: unknown[] };
    };
    expect(result.publications).toEqual([{ data: '/wEC', offset: 1, b64: true }]);
  });

  test.skipIf(isSkipped)('have deltas that are bytes', async () => {
    const stack = await start();
    const bytes = Buffer.alloc(300, 0xfe).toString('base64');
    await callApi(stack.center.url, 'publish', { channel: CHANNEL, b64data: bytes });
    const recovering = { recover: true, epoch: '', offset: 0, delta: 'fossil' };
    const client = await listen(stack, 'protobuf', recovering);
    const { subscribe } = (await client.answer(2)) as unknown as {
      readonly subscribe: { readonly delta?: boolean; readonly publications?: { data: Buffer }[] };
    };
    expect(subscribe.delta).toBe(true);
    const later = Buffer.concat([Buffer.alloc(300, 0xfe), Buffer.from('z')]).toString('base64');
    await callApi(stack.center.url, 'publish', { channel: CHANNEL, b64data: later });
    await callApi(stack.center.url, 'publish', { channel: CHANNEL, b64data: bytes });
    await until('both', () => pubsOf(client).length === 2);
    const lengths = pubsOf(client).map(([data]) => String(data).length);
    expect(lengths.at(-1)).toBeLessThan(60);
  });
});
