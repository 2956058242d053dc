import { missingPrograms, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodeCommands, encodeEmulation } from './rig/protobuf.js';
import { StreamSdk, type StreamTransport } from './rig/stream-sdk.js';
import { TwoEdges } from './rig/two-edges.js';

const missing = missingPrograms('nginx');

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe.skipIf(missing.length > 0).each<readonly [StreamTransport, 'json' | 'protobuf']>([
  ['sse', 'json'],
  ['http_stream', 'json'],
  ['http_stream', 'protobuf'],
])('the centrifuge library over %s in %s, through nginx (needs it)', (transport, encoding) => {
  let rig: TwoEdges;
  const clients: StreamSdk[] = [];

  beforeAll(async () => {
    rig = await TwoEdges.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await until('all to be gone', async () => (await rig.sessions()).every((n) => n === 0));
  });
  afterAll(() => rig.stop());

  function open(token?: string): StreamSdk {
    const client = new StreamSdk(rig.url, transport, encoding, token);
    clients.push(client);
    return client;
  }

  test('subscribes, gets everything in order, unsubscribes', async () => {
    const client = open();
    const heard = client.subscribe('flow');
    expect(await heard.isSubscribed()).toMatchObject({ recoverable: true, positioned: true });
    const data = [...upTo(1, 99), { text: 'Grüße 😀\n"quoted"', list: [null, 1.5] }];
    await rig.publishAll('flow', data);
    expect(await heard.received(100)).toEqual(data);
    heard.subscription.unsubscribe();
    const fence = client.subscribe('fence');
    await fence.isSubscribed();
    await rig.publish('flow', 'nobody hears it');
    await rig.publish('fence', 'fence');
    await fence.received(1);
    expect([heard.data.length, client.connects.length]).toEqual([100, 1]);
  });

  test('is served by its edge whichever the commands come to', async () => {
    const all = upTo(1, 8).map(() => open());
    const heard = all.map((client) => client.subscribe('spread'));
    await Promise.all(heard.map((each) => each.isSubscribed()));
    await rig.publishAll('spread', upTo(1, 20));
    for (const each of heard) expect(await each.received(20)).toEqual(upTo(1, 20));
    expect((await rig.sessions()).every((count) => count > 0)).toBe(true);
    expect(new Set(rig.asked)).toEqual(new Set(['emulate']));
    expect(all.map(({ connects }) => connects.length)).toEqual(all.map(() => 1));
  });

  test('answers pings, and so is kept', async () => {
    const client = open();
    await client.centrifuge.ready();
    const before = rig.asked.length;
    // Half of the pongs go by way of the other edge.
    await until('pongs', () => rig.asked.length >= before + 3);
    expect([client.connects.length, client.centrifuge.state]).toEqual([1, 'connected']);
  });

  test('comes back after a cut with what was published meanwhile', async () => {
    const client = open();
    const heard = client.subscribe('cut');
    await heard.isSubscribed();
    for (let times = 1; times <= 3; times++) {
      await rig.publishAll('cut', upTo(heard.data.length + 1, heard.data.length + 10));
      rig.cut();
      await rig.publishAll('cut', upTo(times * 40 - 29, times * 40));
      await heard.isSubscribed(times + 1);
      await heard.received(times * 40);
    }
    expect(await heard.received(120)).toEqual(upTo(1, 120));
    expect(heard.subscribed.slice(1).every(({ recovered }) => recovered)).toBe(true);
  });

  test('learns why it is disconnected, though there are no close codes', async () => {
    const client = open();
    const heard = client.subscribe('bad');
    await heard.isSubscribed();
    // A second connect is refused for good.
    const { _session: session, _node: node } = client.centrifuge as unknown as {
      readonly _session: string;
      readonly _node: string;
    };
    const command = { id: 99, connect: {} };
    const inJson = JSON.stringify({ session, node, data: JSON.stringify(command) });
    const inBytes = encodeEmulation({ session, node, data: encodeCommands(command) });
    const request =
      encoding === 'json'
        ? { body: inJson }
        : {
            body: new Uint8Array(inBytes),
            headers: { 'Content-Type': 'application/octet-stream' },
          };
    const answer = await fetch(`${rig.url}/emulation`, { method: 'POST', ...request });
    expect(answer.status).toBe(204);
    await until('the end', () => client.disconnects.length > 0);
    expect(client.disconnects).toEqual([3501]);
    const late = await fetch(`${rig.url}/emulation`, { method: 'POST', ...request });
    expect(late.status).toBe(404);
  });

  test('with a token of 8 KiB', async () => {
    const client = open('t'.repeat(8192));
    await client.centrifuge.ready();
    expect(client.connects.length).toBe(1);
  });
});
