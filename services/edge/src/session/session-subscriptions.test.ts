import { ProtocolError } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled, upTo } from '../../test/rig/hub-rig.js';
import { seedProtocol } from '../protocols/seed/codec.js';

const NAMESPACES = buildOptions({
  loose: { recovery: false },
  cache: { cacheRecovery: true },
});

function rigWithAccess() {
  const access = new ScriptedAccess();
  access.grants['t'] = { data: '"welcome"' };
  return { access, rig: new HubRig(10, { access, getOptions: NAMESPACES }) };
}

/** A grant that stays pending until the test decides. */
function undecided(access: ScriptedAccess) {
  let decide: (grant: object) => void = () => undefined;
  access.grants['slow'] = new Promise((resolve) => (decide = resolve));
  return () => decide({});
}

const subscribe = (channel: string, more: object = {}) => ({ subscribe: { channel, ...more } });
const unsubscribe = (channel: string) => ({ unsubscribe: { channel } });

describe('subscribing', () => {
  test('asks access, and is done at once where the answer is there', async () => {
    const { access, rig } = rigWithAccess();
    const client = await rig.connected();
    client.send({ id: 2, ...subscribe('open') });
    expect(client.session.subscriptions.size).toBe(1);
    expect(await client.ask(3, subscribe('token:a', { token: 't', data: [1] }))).toMatchObject({
      subscribe: { data: 'welcome', recoverable: true },
    });
    const { client: id, credentials, origin } = client.session;
    const asked = { client: id, credentials, origin };
    expect(access.attempts).toEqual([
      { ...asked, channel: 'open', token: '' },
      { ...asked, channel: 'token:a', token: 't', data: '[1]' },
    ]);
  });

  test('is refused as access says, at once or later', async () => {
    const { access, rig } = rigWithAccess();
    const client = await rig.connected();
    access.grants['later'] = settled().then(() => {
      throw new ProtocolError('tokenExpired');
    });
    client.send({ id: 2, ...subscribe('token:a', { token: 'later' }) });
    client.send({ id: 3, ...subscribe('token:b', { token: 'bad' }) });
    expect(client.lines[1]).toMatchObject({ id: 3, error: { code: 103 } });
    await settled();
    await settled();
    expect(client.lines[2]).toMatchObject({ id: 2, error: { code: 109 } });
    expect([client.session.subscriptions.pendingCount, client.session.subscriptions.size]).toEqual([
      0, 0,
    ]);
  });

  test('with a grant that has ended is refused with 110', async () => {
    const { access, rig } = rigWithAccess();
    access.grants['past'] = { expiresAtMs: 0 };
    const client = await rig.connected();
    const reply = await client.ask(2, subscribe('token:a', { token: 'past' }));
    expect([reply?.error?.code, client.session.subscriptions.size]).toEqual([110, 0]);
  });

  test('counts and is known while it is decided', async () => {
    const { access, rig } = rigWithAccess();
    undecided(access);
    const client = await rig.connected();
    for (let i = 0; i < 10; i++) client.send({ id: i + 2, ...subscribe(`token:${i}`, SLOW) });
    expect(await client.ask(20, subscribe('token:0', SLOW))).toMatchObject({
      error: { code: 105 },
    });
    expect(await client.ask(21, subscribe('open'))).toMatchObject({ error: { code: 106 } });
  });

  test('that is ended while access decides is answered, and leaves nothing', async () => {
    const { access, rig } = rigWithAccess();
    const decide = undecided(access);
    const client = await rig.connected();
    client.send({ id: 2, ...subscribe('token:a', SLOW) }, { id: 3, ...unsubscribe('token:a') });
    expect(client.lines.slice(1)).toMatchObject([
      { id: 2, error: { code: 100, temporary: true } },
      { id: 3, unsubscribe: {} },
    ]);
    decide();
    await settled();
    expect([client.lines.length, rig.hub.channelCount]).toEqual([3, 0]);
  });

  test('that is ended while the broker is asked is answered', async () => {
    const { rig } = rigWithAccess();
    rig.broker.hold();
    const client = await rig.connected();
    client.send({ id: 2, ...subscribe('open') }, { id: 3, ...unsubscribe('open') });
    expect(client.lines.slice(1)).toMatchObject([
      { id: 2, error: { code: 100, temporary: true } },
      { id: 3, unsubscribe: {} },
    ]);
  });

  test('again while the first is decided has its own answer', async () => {
    const { access, rig } = rigWithAccess();
    const decide = undecided(access);
    const client = await rig.connected();
    client.send({ id: 2, ...subscribe('token:a', SLOW) }, { id: 3, ...unsubscribe('token:a') });
    client.send({ id: 4, ...subscribe('token:a', SLOW) });
    decide();
    await settled();
    expect(client.lines.filter(({ id }) => id === 2)).toHaveLength(1);
    expect(client.reply(4)).toHaveProperty('subscribe');
  });

  test('of a connection that has gone meanwhile changes nothing', async () => {
    const { access, rig } = rigWithAccess();
    const decide = undecided(access);
    const client = await rig.connected();
    client.send({ id: 2, ...subscribe('token:a', SLOW) });
    client.session.handleClose(1006);
    decide();
    await settled();
    expect(rig.hub.channelCount).toBe(0);
  });

  test('to several channels of the seed protocol is all or nothing', async () => {
    const { access, rig } = rigWithAccess();
    const client = rig.open(seedProtocol);
    access.subscribe = ({ channel }) => {
      if (channel === 'open') return Promise.reject(new ProtocolError('unauthorized'));
      throw new ProtocolError('permissionDenied');
    };
    client.session.handleFrame('sub#open|token:a');
    await settled();
    expect(client.socket.frames).toEqual(['error#103#permission denied']);
    expect(client.session.subscriptions.size).toBe(0);
  });
});

const SLOW = { token: 'slow' };

describe('a subscription that ends', () => {
  async function subscribed(expiresAtMs: number) {
    const { access, rig } = rigWithAccess();
    access.grants['short'] = { expiresAtMs };
    access.grants['later'] = { expiresAtMs: 70_000 };
    access.grants['past'] = { expiresAtMs: 1 };
    const client = await rig.connected();
    const reply = await client.ask(2, subscribe('token:a', { token: 'short' }));
    return { rig, client, reply };
  }

  test('is notified, and ended with 2501 without a refresh', async () => {
    const { rig, client, reply } = await subscribed(10_000);
    expect(reply).toMatchObject({ subscribe: { expires: true, ttl: 10 } });
    await rig.elapse(34_999);
    expect(client.pushes).toEqual([]);
    await rig.elapse(1);
    expect(client.pushes).toMatchObject([{ channel: 'token:a', unsubscribe: { code: 2501 } }]);
    expect([client.session.subscriptions.size, client.socket.closes]).toEqual([0, []]);
  });

  test('lives longer when it is refreshed', async () => {
    const { rig, client } = await subscribed(10_000);
    await rig.elapse(10_000);
    const refresh = (token: string) => ({ sub_refresh: { channel: 'token:a', token } });
    expect(await client.ask(3, refresh('later'))).toEqual({
      id: 3,
      sub_refresh: { expires: true, ttl: 60 },
    });
    expect(await client.ask(4, refresh('past'))).toMatchObject({ error: { code: 110 } });
    await rig.elapse(84_999);
    expect(client.pushes).toEqual([]);
    await rig.elapse(1);
    expect(client.pushes).toMatchObject([{ unsubscribe: { code: 2501 } }]);
    expect(await client.ask(5, refresh('later'))).toMatchObject({ error: { code: 103 } });
  });

  test('a left wildcard receives nothing more', async () => {
    const { rig, client } = await subscribed(10_000);
    await client.ask(3, unsubscribe('token:a'));
    await rig.elapse(100_000);
    expect(client.pushes).toEqual([]);
  });

  test('ends the connection with 3006 where the server has made it', async () => {
    const { access, rig } = rigWithAccess();
    access.credentials['t'] = { subs: { a: { expiresAtMs: 10_000 } } };
    const client = await rig.connected({ token: 't' });
    await rig.elapse(35_000);
    expect(client.socket.closes).toEqual([3006]);
  });
});

describe('positions', () => {
  test('without recovery are not sent, requested or kept', async () => {
    const { rig } = rigWithAccess();
    const { epoch } = await rig.publish('loose:a', 3);
    const since = { recover: true, offset: 1, epoch, flag: 2 };
    const client = await rig.subscribed('loose:a', since);
    expect(client.answer).toEqual({ id: 2, subscribe: {} });
    await rig.publish('loose:a', 1);
    expect(client.offsets).toEqual([4]);
  });

  test('without recovery no gap is reported: the next publication is delivered', async () => {
    const { rig } = rigWithAccess();
    const client = await rig.subscribed('loose:a');
    const slow = await rig.subscribed('loose:a');
    await rig.publish('loose:a', 1);
    slow.socket.buffered = 1e9;
    await rig.publish('loose:a', 1);
    const generation = { epoch: 'other', firstOffset: 1, follows: undefined };
    rig.broker.script = () => ({ publications: [], agesMs: [], topOffset: 5, generation });
    rig.hub.handlePublication('loose:a', { offset: 5, data: '1' }, 'other', undefined);
    await settled();
    rig.hub.handlePublication('loose:a', { offset: 6, data: '1' }, 'other', undefined);
    await settled();
    slow.socket.buffered = 0;
    slow.session.handleDrain();
    await settled();
    expect(client.offsets).toEqual([1, 2, 6]);
    expect(slow.offsets.at(-1)).toBe(6);
    expect([rig.gaps, client.pushes, slow.pushes, client.socket.closes]).toEqual([[], [], [], []]);
    rig.hub.handlePublication('loose:a', { offset: 7, data: '1' }, 'other', undefined);
    await settled();
    expect([client.offsets.at(-1), slow.offsets.at(-1)]).toEqual([7, 7]);
  });

  test('alone are sent without being recoverable', async () => {
    const { rig } = rigWithAccess();
    const client = await rig.subscribed('a', { positioned: true });
    expect(client.answer).toEqual({
      id: 2,
      subscribe: { positioned: true, offset: 0, epoch: expect.any(String) },
    });
  });
});

describe('a cache', () => {
  test('has its newest publication for every new subscriber', async () => {
    const { rig } = rigWithAccess();
    await rig.publish('cache:a', 30);
    for (const since of [{}, { recover: true, offset: 3, epoch: 'x' }, { recover: true }]) {
      const client = await rig.subscribed('cache:a', since);
      expect(client.answer).toMatchObject({
        subscribe: { recovered: true, offset: 29, publications: [{ offset: 30 }] },
      });
      await rig.publish('cache:a', 0);
      expect(client.offsets).toEqual([30]);
    }
    const seed = await rig.seed('cache:a');
    expect(seed.socket.frames).toEqual(['x']);
  });

  test('gives nothing twice to who has the newest', async () => {
    const { rig } = rigWithAccess();
    const position = await rig.publish('cache:a', 3);
    const client = await rig.subscribed('cache:a', { recover: true, ...position });
    expect(client.answer).toMatchObject({ subscribe: { recovered: true, offset: 3 } });
    await rig.publish('cache:a', 2);
    expect(client.offsets).toEqual(upTo(4, 5));
  });

  test('that is empty has nothing, and replies so', async () => {
    const { rig } = rigWithAccess();
    const client = await rig.subscribed('cache:a');
    expect(client.answer).not.toHaveProperty('subscribe.recovered');
    const asking = await rig.subscribed('cache:a', { recover: true, offset: 2, epoch: 'x' });
    await rig.elapse(500);
    await rig.elapse(500);
    expect(asking.answer).toMatchObject({ subscribe: { recovered: false } });
  });
});
