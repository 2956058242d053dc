import { until } from '@newswire/testkit';
import { State, type FilterNode } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { buildOptions, ScriptedAccess } from './rig/access-script.js';
import { EdgeInProcess } from './rig/edge-in-process.js';
import { SdkClient } from './rig/sdk-client.js';

let edge: EdgeInProcess;
const clients: SdkClient[] = [];

beforeAll(async () => {
  const getOptions = buildOptions({ market: { allowTagsFilter: true } });
  edge = await EdgeInProcess.start({ access: new ScriptedAccess(), getOptions });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => edge.stop());

function open(more: object = {}): SdkClient {
  const client = new SdkClient(`ws://127.0.0.1:${edge.port}/connection/websocket`, more);
  clients.push(client);
  return client;
}

async function publish(channel: string, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) {
    const tags = JSON.stringify({ parity: n % 2 === 0 ? 'even' : 'odd', price: `${n}.50` });
    await edge.broker.publish(channel, `${n}`, { extra: `"tags":${tags}` });
  }
}

const EVEN: FilterNode = { key: 'parity', cmp: 'eq', val: 'even' };
const FROM_5: FilterNode = { key: 'price', cmp: 'gte', val: '5.5' };

test('the library receives what its filter matches, and recovers that after a cut', async () => {
  const client = open({ minReconnectDelay: 300, maxReconnectDelay: 400 });
  const even = client.subscribe('market:1', undefined, { tagsFilter: EVEN });
  const few: FilterNode = { op: 'and', nodes: [EVEN, FROM_5] };
  const evenFrom5 = open().subscribe('market:1', undefined, { tagsFilter: few });
  await Promise.all([even.isSubscribed(), evenFrom5.isSubscribed()]);
  await publish('market:1', 1, 7);
  expect(await even.received(3)).toEqual([2, 4, 6]);
  client.cut();
  await until('the cut', () => client.centrifuge.state !== State.Connected);
  await publish('market:1', 8, 11);
  expect(await even.received(5)).toEqual([2, 4, 6, 8, 10]);
  expect(even.subscribed[1]).toMatchObject({ wasRecovering: true, recovered: true });
  await publish('market:1', 12, 12);
  expect(await even.received(6)).toEqual([2, 4, 6, 8, 10, 12]);
  expect(await evenFrom5.received(4)).toEqual([6, 8, 10, 12]);
});

test('recovers if nothing matched while it was away', async () => {
  const client = open({ minReconnectDelay: 300, maxReconnectDelay: 400 });
  const none = client.subscribe('market:2', undefined, { tagsFilter: FROM_5 });
  await none.isSubscribed();
  client.cut();
  await until('the cut', () => client.centrifuge.state !== State.Connected);
  await publish('market:2', 1, 4);
  expect(await none.isSubscribed(2)).toMatchObject({ recovered: true });
  await publish('market:2', 5, 5);
  expect(await none.received(1)).toEqual([5]);
});

test('is refused where the namespace does not allow filters', async () => {
  const refused = open().subscribe('other', undefined, { tagsFilter: EVEN });
  await until('the refusal', () => refused.unsubscribed.length > 0);
  expect(refused.unsubscribed).toEqual([107]);
});

test('the library filters over Protobuf, too', async () => {
  const url = `ws://127.0.0.1:${edge.port}/connection/websocket`;
  const centrifuge = new ProtobufCentrifuge(url, { websocket: WebSocket });
  const tagsFilter: FilterNode = {
    op: 'or',
    nodes: [{ op: 'not', nodes: [{ key: 'parity', cmp: 'in', vals: ['odd', 'none'] }] }, FROM_5],
  };
  const subscription = centrifuge.newSubscription('market:3', { tagsFilter });
  const data: string[] = [];
  subscription.on('publication', (publication) => {
    data.push(Buffer.from(publication.data as Uint8Array).toString());
  });
  subscription.subscribe();
  centrifuge.connect();
  try {
    await subscription.ready(5000);
    await publish('market:3', 1, 7);
    await until('five', () => data.length >= 5);
    expect(data).toEqual(['2', '4', '5', '6', '7']);
  } finally {
    centrifuge.disconnect();
  }
});
