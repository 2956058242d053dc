import { MemoryPresence } from '@newswire/broker';
import { toJsonLine } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import { State, type Options } from 'centrifuge';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from './rig/access-script.js';
import { EdgeInProcess } from './rig/edge-in-process.js';
import { SdkClient } from './rig/sdk-client.js';

const NAMESPACES = buildOptions({
  room: {
    publish: 'subscribers',
    readHistory: 'everyone',
    readPresence: 'everyone',
    presence: true,
    joinLeave: true,
  },
  cache: { cacheRecovery: true },
});

describe('the centrifuge library, with everything allowed that it knows', () => {
  const access = new ScriptedAccess();
  let edge: EdgeInProcess;
  const clients: SdkClient[] = [];

  beforeAll(async () => {
    access.credentials['ann'] = { user: 'ann', info: '{"name":"Ann"}', data: '{"hello":1}' };
    edge = await EdgeInProcess.start({
      access,
      getOptions: NAMESPACES,
      presence: new MemoryPresence(),
      rpc: ({ method, data, credentials }) =>
        Promise.resolve(`{"method":"${method}","data":${data},"user":"${credentials.user}"}`),
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => edge.stop());

  function open(options: Partial<Options> = {}): SdkClient {
    const client = new SdkClient(`ws://127.0.0.1:${edge.port}/connection/websocket`, options);
    clients.push(client);
    return client;
  }

  const publish = (channel: string, data: unknown) =>
    edge.broker.publish(channel, toJsonLine(data));

  test('connects with a token, and is given data', async () => {
    const { centrifuge } = open({ token: 'ann' });
    const data = new Promise((resolve) =>
      centrifuge.on('connected', (context) => resolve(context.data)),
    );
    expect(await data).toEqual({ hello: 1 });
    expect(access.connects.at(-1)).toMatchObject({ token: 'ann', name: 'js' });
  });

  test('with a wrong token is disconnected with the error, and stays so', async () => {
    const { centrifuge } = open({ token: 'wrong' });
    const code = new Promise((resolve) =>
      centrifuge.on('disconnected', (context) => resolve(context.code)),
    );
    expect(await code).toBe(101);
  });

  test('publishes, and reads history and presence', async () => {
    const client = open({ token: 'ann' });
    const room = client.subscribe('room:a');
    await room.isSubscribed();
    for (const data of [{ n: 1 }, { n: 2 }, { n: 3 }]) await room.subscription.publish(data);
    expect(await room.received(3)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    const history = await room.subscription.history({ limit: 2, reverse: true });
    expect(history.publications.map(({ data }) => data)).toEqual([{ n: 3 }, { n: 2 }]);
    expect(history.offset).toBe(3);
    const since = { offset: 1, epoch: history.epoch };
    const later = await client.centrifuge.history('room:a', { limit: 10, since });
    expect(later.publications.map(({ offset }) => offset)).toEqual([2, 3]);
    const { clients: present } = await room.subscription.presence();
    expect(Object.values(present)).toMatchObject([{ user: 'ann', connInfo: { name: 'Ann' } }]);
    expect(await room.subscription.presenceStats()).toEqual({ numClients: 1, numUsers: 1 });
    await expect(client.centrifuge.publish('room:b', 1)).rejects.toMatchObject({ code: 103 });
  });

  test('a publication says who it is of, a server’s what it is about', async () => {
    const room = open({ token: 'ann' }).subscribe('room:who');
    const heard: object[] = [];
    room.subscription.on('publication', ({ info, tags }) => heard.push({ info, tags }));
    await room.isSubscribed();
    await room.subscription.publish(1);
    await edge.broker.publish('room:who', '2', { extra: '"tags":{"kind":"test"}' });
    await room.received(2);
    expect(heard).toMatchObject([
      { info: { user: 'ann', connInfo: { name: 'Ann' } } },
      { tags: { kind: 'test' } },
    ]);
  });

  test('calls remote procedures', async () => {
    const client = open({ token: 'ann' });
    const { data } = await client.centrifuge.rpc('add', { a: 1 });
    expect(data).toEqual({ method: 'add', data: { a: 1 }, user: 'ann' });
  });

  test('receives joins and leaves', async () => {
    const heard: string[] = [];
    const first = open().subscribe('room:doors', undefined, { joinLeave: true });
    first.subscription.on('join', ({ info }) => heard.push(`+${info.user}`));
    first.subscription.on('leave', ({ info }) => heard.push(`-${info.user}`));
    await first.isSubscribed();
    const other = open({ token: 'ann' });
    await other.subscribe('room:doors').isSubscribed();
    other.close();
    await until('both', () => heard.includes('-ann'));
    expect(heard).toEqual(['+', '+ann', '-ann']);
  });

  test('refreshes its connection and its subscription', async () => {
    const soon = () => Date.now() + 1000;
    let tokens = 0;
    const getToken = async () => {
      const token = `fresh ${++tokens}`;
      access.credentials[token] = { user: 'ann', expiresAtMs: soon() };
      access.grants[token] = { expiresAtMs: soon() };
      return token;
    };
    const client = open({ getToken });
    const subscription = client.subscribe('with-token', undefined, { getToken });
    await subscription.isSubscribed();
    await until('refreshes of both', () => {
      const count = (method: string) => client.sent.filter((text) => text.includes(method)).length;
      return count('"refresh"') >= 2 && count('"sub_refresh"') >= 2;
    });
    expect([client.socketCount, client.centrifuge.state]).toEqual([1, 'connected']);
    expect(subscription.subscribed).toHaveLength(1);
  });

  test('has what the server subscribes it to, and recovers it', async () => {
    access.credentials['server'] = { user: 'ann', subs: { 'server-side': { data: '"hi"' } } };
    const client = open({ token: 'server', minReconnectDelay: 300, maxReconnectDelay: 400 });
    const heard: unknown[] = [];
    const told: object[] = [];
    client.centrifuge.on('publication', ({ data }) => heard.push(data));
    client.centrifuge.on('subscribed', (context) => told.push(context));
    await until('the subscription', () => told.length === 1);
    expect(told[0]).toMatchObject({ channel: 'server-side', recoverable: true, data: 'hi' });
    await publish('server-side', 1);
    await until('the first', () => heard.length === 1);
    client.cut();
    await until('the cut', () => client.centrifuge.state !== State.Connected);
    await publish('server-side', 2);
    await until('the second', () => heard.length === 2);
    expect([heard, told[1]]).toMatchObject([[1, 2], { wasRecovering: true, recovered: true }]);
  });

  test('is subscribed, unsubscribed and disconnected by the server', async () => {
    access.credentials['sue'] = { user: 'sue' };
    const client = open({ token: 'sue' });
    const events: string[] = [];
    client.centrifuge.on('subscribed', ({ channel }) => events.push(`on ${channel}`));
    client.centrifuge.on('unsubscribed', ({ channel }) => events.push(`off ${channel}`));
    client.centrifuge.on('disconnected', ({ code, reason }) => events.push(`${code} ${reason}`));
    const own = client.subscribe('own');
    await own.isSubscribed();
    const user = 'sue';
    await edge.control.request({ method: 'subscribe', user, channel: 'pushed' });
    await until('the subscription', () => events.length === 1);
    await edge.control.request({ method: 'unsubscribe', user, channel: 'pushed' });
    await edge.control.request({ method: 'unsubscribe', user, channel: 'own' });
    await until('the end of both', () => own.unsubscribed.length > 0 && events.length === 2);
    expect(own.unsubscribed).toEqual([2000]);
    await edge.control.request({ method: 'disconnect', user, code: 3503, reason: 'out' });
    await until('the end', () => events.length === 3);
    expect(events).toEqual(['on pushed', 'off pushed', '3503 out']);
  });

  test('gets the newest publication of a cache', async () => {
    await publish('cache:a', 1);
    await publish('cache:a', 2);
    const cache = open().subscribe('cache:a');
    expect(await cache.isSubscribed()).toMatchObject({ recovered: true });
    await publish('cache:a', 3);
    expect(await cache.received(2)).toEqual([2, 3]);
  });
});
