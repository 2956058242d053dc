import {
  callApi,
  httpRequest,
  NewswireProcess,
  publish,
  RawSocket,
  SeedClient,
  subscribed,
  until,
} from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let newswire: NewswireProcess;
beforeAll(async () => {
  newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '300' });
});
afterAll(() => newswire.stop());

describe('the embedded server', () => {
  test('hands each publication to every subscriber of its channel, in order, and to no other', async () => {
    const [both, one, none] = await Promise.all(
      ['sub#a|b', 'sub#b', 'sub#c'].map(async (command) => {
        const client = await SeedClient.open(newswire.webSocketUrl);
        client.send(command);
        return client;
      }),
    );
    await subscribed(newswire.url, 'b', 2);
    await subscribed(newswire.url, 'c', 1);
    for (let i = 0; i < 200; i++) await publish(newswire.url, i % 2 ? 'a' : 'b', i);
    const expected = Array.from({ length: 200 }, (_, i) => String(i));
    expect(await both?.received(200)).toEqual(expected);
    expect(await one?.received(100)).toEqual(expected.filter((_, i) => i % 2 === 0));
    expect(none?.frames).toEqual([]);
    for (const client of [both, one, none]) client?.close();
  });

  test('text arrives as its characters, anything else as the JSON it was published as', async () => {
    const client = await SeedClient.open(newswire.webSocketUrl);
    client.send('sub#values');
    await subscribed(newswire.url, 'values', 1);
    const bodies = [
      [
        '"plain \\"quotes\\" \\u00e9 \\ud83d\\ude00\\nsecond line"',
        'plain "quotes" é 😀\nsecond line',
      ],
      ['12345678901234567890.10', '12345678901234567890.10'],
      ['{ "b":1,\n "a":[true,null] }', '{ "b":1,  "a":[true,null] }'],
      ['""', ''],
      ['"\\ud800 alone"', '\ufffd alone'],
    ];
    for (const [data] of bodies) {
      await callApi(newswire.url, 'publish', `{"channel":"values","data":${data}}`);
    }
    expect(await client.received(bodies.length)).toEqual(bodies.map(([, frame]) => frame));
    client.close();
  });

  test('unsub# leaves, and sub# twice still delivers once', async () => {
    const client = await SeedClient.open(newswire.webSocketUrl);
    client.send('sub#x|y');
    client.send('sub#x');
    await subscribed(newswire.url, 'y', 1);
    await publish(newswire.url, 'x', '1');
    client.send('unsub#x|never-joined');
    await subscribed(newswire.url, 'x', 0);
    await publish(newswire.url, 'x', '2');
    await publish(newswire.url, 'y', '3');
    expect(await client.received(2)).toEqual(['1', '3']);
    client.close();
  });

  test('3,000 publications, hundreds at once, reach 20 subscribers once each, in order', async () => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => SeedClient.open(newswire.webSocketUrl)),
    );
    for (const client of clients) client.send('sub#burst');
    await subscribed(newswire.url, 'burst', 20);
    const numbers = Array.from({ length: 3000 }, (_, i) => i);
    for (let i = 0; i < numbers.length; i += 500) {
      await Promise.all(numbers.slice(i, i + 500).map((n) => publish(newswire.url, 'burst', n)));
    }
    for (const client of clients) {
      const frames = await client.received(numbers.length);
      expect(new Set(frames).size).toBe(numbers.length);
      expect(frames).toEqual(clients[0]?.frames);
      client.close();
    }
  });

  test('an idempotency key makes a retry harmless', async () => {
    const body = { channel: 'once', data: 1, idempotency_key: 'k' };
    const first = await callApi(newswire.url, 'publish', body);
    expect(await callApi(newswire.url, 'publish', body)).toEqual(first);
  });

  test('requests in one packet are all answered, in order', async () => {
    const socket = await RawSocket.open(newswire.port);
    const request = (data: number) =>
      httpRequest('POST /api/publish', { body: JSON.stringify({ channel: 'pipe', data }) });
    socket.send([1, 2, 3].map(request).join(''));
    await until('3 answers', () => socket.received.split('"offset":').length === 4);
    expect(socket.received.match(/"offset":\d/g)).toEqual([
      '"offset":1',
      '"offset":2',
      '"offset":3',
    ]);
    socket.cut();
  });

  test('SIGTERM: no new clients, the others are closed with 3001 after what was sent, exit 0', async () => {
    const clients = await Promise.all(
      Array.from({ length: 30 }, () => SeedClient.open(newswire.webSocketUrl)),
    );
    for (const client of clients) client.send('sub#last');
    await subscribed(newswire.url, 'last', 30);
    await publish(newswire.url, 'last', 'words');
    newswire.process.signal('SIGTERM');
    await clients[0]?.closed();
    expect(await newswire.status('/readyz')).toBe(503);
    expect(await newswire.status('/healthz')).toBe(200);
    await expect(SeedClient.open(newswire.webSocketUrl)).rejects.toThrow('503');
    for (const client of clients) {
      expect(await client.closed()).toBe(3001);
      expect(client.frames).toEqual(['words']);
    }
    expect(await newswire.process.exited).toEqual({ code: 0, signal: null });
  });
});
