import {
  CentrifugeClient,
  openRaw,
  openWs,
  SeedSubscriber,
  until,
  type CentrifugeObserver,
  type OpenSocket,
} from '@newswire/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeEdge } from './fake-edge.js';

const closers: (() => void)[] = [];
let edge: FakeEdge;

beforeEach(async () => {
  edge = await FakeEdge.start();
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  edge.close();
});

/** An observer that writes everything down as words. */
function observer(events: string[]): CentrifugeObserver {
  return {
    onSubscribed: (channel, { epoch, offset, recovered }, asked) => {
      const from = asked ? ` from ${asked.epoch}/${asked.offset}` : '';
      events.push(`${channel} at ${epoch}/${offset}${from}${recovered ? ' recovered' : ''}`);
    },
    onPublication: (channel, offset, data) => events.push(`${channel} ${offset} ${data}`),
    onUnsubscribed: (channel, code) => events.push(`${channel} unsubscribed ${code}`),
    onError: (code) => events.push(`error ${code}`),
    onDisconnected: (code) => events.push(`disconnected ${code}`),
  };
}

async function open(socket: OpenSocket, ...channels: string[]) {
  const events: string[] = [];
  const client = new CentrifugeClient({
    url: () => edge.webSocketUrl,
    channels,
    observer: observer(events),
    open: socket,
  });
  closers.push(() => client.close());
  client.connect();
  await until('the subscription', () => client.isLive);
  const has = (event: string) => until(event, () => events.includes(event));
  return { client, events, has };
}

describe.each([
  ['ws', openWs],
  ['raw', openRaw()],
  ['raw, a few bytes at a time', openRaw({ readBytes: 7 })],
])('a Centrifuge client (%s)', (_name, socket) => {
  test('subscribes from now, and is given what is published', async () => {
    edge.publish('a', 'before');
    const { client, events, has } = await open(socket, 'a', 'b');
    edge.publish('a', 'x'.repeat(70_000));
    edge.publish('b', 'é😀');
    edge.publish('a', { y: 1 });
    await has('a 3 {"y":1}');
    expect(events.toSorted()).toEqual([
      `a 2 "${'x'.repeat(70_000)}"`,
      'a 3 {"y":1}',
      'a at E0/1',
      'b 1 "é😀"',
      'b at E0/0',
    ]);
    expect(client.position('a')).toEqual({ epoch: 'E0', offset: 3 });
  });

  test('recovers what was published after its connection was cut', async () => {
    const { client, events, has } = await open(socket, 'a');
    edge.publish('a', 1);
    await has('a 1 1');
    client.cut();
    edge.publish('a', 2);
    edge.publish('a', 3);
    await has('a 3 3');
    const recovered = 'a at E0/1 from E0/1 recovered';
    expect(events.slice(2)).toEqual(['disconnected cut', recovered, 'a 2 2', 'a 3 3']);
  });

  test('is notified by recovered: false that publications are missing', async () => {
    const { client, events, has } = await open(socket, 'a');
    edge.publish('a', 1);
    await has('a 1 1');
    client.cut();
    edge.publish('a', 2);
    edge.forget('a');
    await has('a at E0/2 from E0/1');
    expect(events).not.toContain('a 2 2');
  });

  test('subscribes again, with its position, after an unsubscribe 2500', async () => {
    const { client, events, has } = await open(socket, 'a');
    edge.publish('a', 1);
    await has('a 1 1');
    edge.newGeneration('a');
    await has('a at E1/9 from E0/1 recovered');
    edge.publish('a', 2);
    await has('a 10 2');
    expect(events.slice(2, 4)).toEqual(['a unsubscribed 2500', 'a at E1/9 from E0/1 recovered']);
    expect(client.position('a')).toEqual({ epoch: 'E1', offset: 10 });
  });

  test('tries again after temporary errors, and comes back after a close', async () => {
    const temporary = { code: 100, message: 'later', temporary: true };
    edge.errors.push(temporary, temporary);
    const { events, has } = await open(socket, 'a');
    expect(events).toEqual(['error 100', 'error 100', 'a at E0/0']);
    for (const connection of edge.sockets.keys()) connection.close(3008);
    await has('disconnected 3008');
    await has('a at E0/0 from E0/0 recovered');
  });

  test('does not come back after a final close', async () => {
    const { client, has } = await open(socket, 'a');
    for (const connection of edge.sockets.keys()) connection.close(3501);
    await has('disconnected 3501');
    expect(client.isLive).toBe(false);
    const commands = edge.commands.length;
    const other = await open(socket, 'a');
    expect(edge.commands).toHaveLength(commands + 2);
    other.client.close();
  });

  test('answers pings of both kinds, and stops reading while it is paused', async () => {
    const { client, events, has } = await open(socket, 'a');
    const [[connection] = []] = [...edge.sockets];
    let pongs = 0;
    connection?.on('pong', () => pongs++);
    connection?.ping();
    connection?.send('{}');
    await until('the answers', () => pongs === 1 && edge.commands.includes('{}'));
    client.pause();
    edge.publish('a', 1);
    edge.publish('a', 2);
    await until('all to be sent', () => connection?.bufferedAmount === 0);
    client.resume();
    await has('a 2 2');
    expect(events.slice(1)).toEqual(['a 1 1', 'a 2 2']);
  });

  test('keeps trying without listeners', async () => {
    const { events, has } = await open(socket, 'a');
    for (const connection of edge.sockets.keys()) connection.terminate();
    await has('disconnected 1006');
    await has('a at E0/0 from E0/0 recovered');
    edge.close();
    await until('three tries', () => events.filter((e) => e === 'disconnected 1006').length >= 4);
    expect(events.slice(-3)).toEqual(Array(3).fill('disconnected 1006'));
  });
});

test('a seed subscriber comes back by itself', async () => {
  const events: string[] = [];
  const subscriber = new SeedSubscriber({
    url: () => edge.webSocketUrl,
    channels: ['a', 'b'],
    open: openRaw(),
    observer: {
      onOpen: () => events.push('open'),
      onText: (text) => events.push(text),
      onDisconnected: (code) => events.push(`disconnected ${code}`),
    },
  });
  closers.push(() => subscriber.close());
  subscriber.connect();
  const subscribed = () => [...edge.sockets.values()].some((channels) => channels.size === 2);
  await until('the subscription', subscribed);
  edge.publish('b', 'one');
  await until('one', () => events.includes('one'));
  subscriber.cut();
  await until('the cut', () => edge.sockets.size === 0);
  await until('the subscription', subscribed);
  edge.publish('a', 'two');
  await until('two', () => events.includes('two'));
  expect(events).toEqual(['open', 'one', 'disconnected cut', 'open', 'two']);
});
