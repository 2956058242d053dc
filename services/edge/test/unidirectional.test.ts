import { missingPrograms, until } from '@newswire/testkit';
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TwoEdges } from './rig/two-edges.js';

const missing = missingPrograms('nginx');

interface UniPush {
  readonly connect?: { readonly client: string };
  readonly channel?: string;
  readonly subscribe?: { readonly offset: number; readonly epoch: string };
  readonly pub?: { readonly data: unknown; readonly offset: number };
  readonly disconnect?: { readonly code: number };
}

/** A client, and the pushes that it has received. */
interface UniClient {
  readonly pushes: UniPush[];
  cut(): void;
}

type Open = (url: string, request: object) => UniClient;

const parsePush = (text: string) => JSON.parse(text) as UniPush;

const openEventSource: Open = (url, request) => {
  const connect = encodeURIComponent(JSON.stringify(request));
  const source = new EventSource(`${url}/connection/uni_sse?cf_connect=${connect}`);
  const pushes: UniPush[] = [];
  source.addEventListener('message', ({ data }) => pushes.push(parsePush(data as string)));
  return { pushes, cut: () => source.close() };
};

/** Reads a streaming response as `curl -N` does. */
function readLines(path: string, toJson: (line: string) => string | undefined): Open {
  return (url, request) => {
    const abort = new AbortController();
    const pushes: UniPush[] = [];
    const read = async () => {
      const body = JSON.stringify(request);
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        body,
        signal: abort.signal,
      });
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk as Uint8Array).toString();
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const json = toJson(line);
          if (json !== undefined) pushes.push(parsePush(json));
        }
      }
    };
    read().catch(() => undefined);
    return { pushes, cut: () => abort.abort() };
  };
}

const openWebSocket: Open = (url, request) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/connection/uni_websocket`);
  const pushes: UniPush[] = [];
  socket.on('open', () => socket.send(JSON.stringify(request)));
  socket.on('message', (data: Buffer) => pushes.push(parsePush(data.toString())));
  socket.on('error', () => undefined);
  return { pushes, cut: () => socket.terminate() };
};

const openHttpStream = readLines('/connection/uni_http_stream', (line) => line);

describe.skipIf(missing.length > 0)('unidirectional clients, through nginx (needs it)', () => {
  let rig: TwoEdges;
  const clients: UniClient[] = [];

  beforeAll(async () => {
    rig = await TwoEdges.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.cut();
    await until('all to be gone', async () => (await rig.sessions()).every((n) => n === 0));
  });
  afterAll(() => rig.stop());

  const track = (client: UniClient) => {
    clients.push(client);
    return client;
  };
  const dataOf = ({ pushes }: UniClient) => pushes.flatMap(({ pub }) => (pub ? [pub.data] : []));
  const startOf = ({ pushes }: UniClient) => pushes.find(({ subscribe }) => subscribe)?.subscribe;

  test.each<[string, Open]>([
    ['EventSource', openEventSource],
    ['SSE by POST', readLines('/connection/uni_sse', (line) => /^data: (.*)$/.exec(line)?.[1])],
    ['a streaming fetch', openHttpStream],
    ['a WebSocket', openWebSocket],
  ])('%s: connects, receives, is pinged, and recovers what it missed', async (name, open) => {
    const channel = `uni-${name.replaceAll(' ', '-')}`;
    const first = track(open(rig.url, { name: 'test', subs: { [channel]: {} } }));
    const { epoch } = await until('the subscription', () => startOf(first));
    for (const n of [1, 2, 3]) await rig.publish(channel, { n });
    await until('three', () => dataOf(first).length === 3);
    expect(first.pushes.slice(0, 2)).toMatchObject([{ connect: {} }, { channel, subscribe: {} }]);
    await until('a ping', () => first.pushes.some((push) => Object.keys(push).length === 0));
    first.cut();
    await rig.publish(channel, { n: 4 });
    const from = { recover: true, offset: 2, epoch };
    const back = track(open(rig.url, { subs: { [channel]: from } }));
    await until('what it missed', () => dataOf(back).length === 2);
    expect(startOf(back)).toMatchObject({ recovered: true, offset: 2 });
    await rig.publish(channel, { n: 5 });
    await until('the next', () => dataOf(back).length === 3);
    expect(dataOf(back)).toEqual([{ n: 3 }, { n: 4 }, { n: 5 }]);
  });

  test('a stream that is refused says why, in a disconnect push', async () => {
    const client = track(openHttpStream(rig.url, { subs: { 'not ok': {} } }));
    await until('the end', () => client.pushes.length > 0);
    expect(client.pushes).toMatchObject([{ disconnect: { code: 3501 } }]);
  });
});
