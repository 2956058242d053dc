import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled, upTo } from '../../test/rig/hub-rig.js';
import { openAccess } from '../../test/rig/open-access.js';
import { plainSseProtocol, plainSseRequest } from '../protocols/plain-sse/codec.js';
import { seedProtocol } from '../protocols/seed/codec.js';

const NAMESPACES = buildOptions({
  sports: { wildcard: true, cacheRecovery: true, delta: true, presence: true, joinLeave: true },
});

const ALL = 'sports:*';

function newRig(ringSize = 10): HubRig {
  return new HubRig(ringSize, { access: openAccess(NAMESPACES), getOptions: NAMESPACES });
}

describe('a wildcard', () => {
  test('receives each channel of its namespace, with the name of each', async () => {
    const rig = newRig();
    await rig.publish('sports:1', 1);
    const client = await rig.subscribed(ALL);
    await rig.publish('sports:1', 1, 'a');
    await rig.broker.publish('sports:2', '"b"', { extra: '"tags":{"desk":"x","channel":"y"}' });
    await rig.broker.publish('sports:3', '1.50', { extra: '"info":{"user":"ann","client":"c"}' });
    await rig.publish('other:1', 1);
    const pub = (channel: string, more: object) => ({ channel, tags: { channel }, ...more });
    expect(client.pubs).toMatchObject([
      pub('sports:1', { data: 'a' }),
      pub('sports:2', { data: 'b', tags: { desk: 'x', channel: 'sports:2' } }),
      pub('sports:3', { data: 1.5, info: { user: 'ann', client: 'c' } }),
    ]);
  });

  test('is a subscription without positions, even if its client or its namespace requests them', async () => {
    const rig = newRig();
    const wishes = { positioned: true, recoverable: true, join_leave: true, delta: 'fossil' };
    const since = { recover: true, offset: 5, epoch: 'other', flag: 2 };
    const client = await rig.subscribed(ALL, { ...wishes, ...since });
    expect(client.answer).toEqual({ id: 2, subscribe: {} });
    await rig.publish('sports:1', 2, 'x'.repeat(100));
    expect(client.pubs.map(({ data, delta }) => [data, delta])).toEqual([
      ['x'.repeat(100), undefined],
      ['x'.repeat(100), undefined],
    ]);
    expect([client.pushes, rig.recoveries]).toEqual([[], []]);
    expect(rig.hub.counts()).toEqual({ [ALL]: 1 });
  });

  test('is delivered by the seed protocol and as plain SSE', async () => {
    const rig = newRig();
    const seed = await rig.seed(ALL);
    const sse = rig.open(plainSseProtocol, 'plain_sse');
    sse.session.handleFrame(plainSseRequest({ channels: ALL, token: '', lastEventId: '' }));
    await settled();
    await rig.publish('sports:7', 1, 'two\nlines');
    expect(seed.socket.frames).toEqual(['two\nlines']);
    const event = 'event: sports:*\nchannel: sports:7\ndata: two\ndata: lines';
    expect(sse.socket.frames.at(-1)).toBe(`${ALL} 1\n${event}\n\n`);
    expect(rig.hub.counts()).toEqual({ [ALL]: 2 });
  });

  test('continues after a gap with the next publication, and reports no gap', async () => {
    const rig = newRig();
    const client = await rig.subscribed(ALL);
    const seed = await rig.seed(ALL);
    await rig.publish('sports:1', 3, 'before');
    const extra = '"channel":"sports:1"';
    const receive = (offset: number, epoch: string) => {
      const begins = offset === 1 ? { epoch, firstOffset: 1, follows: undefined } : undefined;
      rig.hub.handlePublication(ALL, { offset, data: '"x"', extra }, epoch, begins);
    };
    rig.hub.handleGap(ALL);
    receive(1, 'second');
    receive(2, 'second');
    rig.hub.handleGap(ALL);
    receive(1, 'third');
    receive(4, 'third'); // even if a broker leaves one out
    await settled();
    const received = ['before', 'before', 'before', 'x', 'x', 'x', 'x'];
    expect(client.pubs.map(({ data }) => data)).toEqual(received);
    expect(seed.socket.frames).toEqual(received);
    expect([client.pushes, seed.socket.closes, rig.gaps, rig.fills]).toEqual([[], [], [], 0]);
  });

  test('is never compared with a log, because it has none', async () => {
    const rig = newRig();
    await rig.subscribed(ALL);
    const reads = rig.broker.reads.length;
    for (let i = 0; i < 5; i++) await rig.elapse(10_000);
    expect(rig.broker.reads).toHaveLength(reads);
  });

  test('gives a slow client the publications that the ring still has, once and in order', async () => {
    const rig = newRig(10);
    const client = await rig.subscribed(ALL);
    client.socket.buffered = 1e9;
    await rig.publish('sports:1', 5);
    client.socket.buffered = 0;
    client.session.handleDrain();
    await settled();
    expect(client.offsets).toEqual(upTo(1, 5));
    client.socket.buffered = 1e9;
    await rig.publish('sports:2', 30);
    const reads = rig.broker.reads.length;
    client.socket.buffered = 0;
    client.session.handleDrain();
    await settled();
    await rig.publish('sports:3', 1);
    expect(client.offsets.at(-1)).toBe(36);
    expect(new Set(client.offsets).size).toBe(client.offsets.length);
    expect([client.pushes, client.socket.closes]).toEqual([[], []]);
    expect(rig.broker.reads).toHaveLength(reads);
  });

  test('ends when its last client has left', async () => {
    const rig = newRig();
    const client = await rig.subscribed(ALL);
    await client.ask(3, { unsubscribe: { channel: ALL } });
    await rig.publish('sports:1', 1);
    await rig.elapse(5000);
    expect([client.pubs, rig.hub.channelCount]).toEqual([[], 0]);
  });

  test('may be a channel to which the server subscribes a client', async () => {
    const access = new ScriptedAccess();
    access.credentials['t'] = { user: 'ann', subs: { [ALL]: {} } };
    const rig = new HubRig(10, { access, getOptions: NAMESPACES });
    const client = await rig.connected({ token: 't' });
    expect(client.reply(1)).toMatchObject({ connect: { subs: { [ALL]: {} } } });
    await rig.publish('sports:1', 1);
    expect(client.pubs).toHaveLength(1);
  });
});

describe('a wildcard is refused', () => {
  test.each([
    ['closed:*', 103],
    ['*', 107],
    ['sports:1:*', 107],
    ['sports:*x', 107],
    [':*', 107],
  ])('%s: %i', async (channel, code) => {
    const rig = newRig();
    const client = await rig.subscribed(channel);
    expect(client.answer).toMatchObject({ id: 2, error: { code } });
    const seed = rig.open(seedProtocol);
    seed.session.handleFrame(`sub#${channel}`);
    await settled();
    expect(seed.socket.frames[0]).toMatch(`error#${code}#`);
    expect(rig.hub.channelCount).toBe(0);
  });

  test.each([
    { publish: { data: 1 } },
    { history: { limit: 1 } },
    { presence: {} },
    { presence_stats: {} },
  ])('by commands that apply to single channels only: %j', async (command) => {
    const client = await newRig().connected();
    const [[method, params] = ['', {}]] = Object.entries(command);
    const reply = await client.ask(2, { [method]: { ...params, channel: ALL } });
    expect(reply).toMatchObject({ error: { code: 107 } });
  });
});
