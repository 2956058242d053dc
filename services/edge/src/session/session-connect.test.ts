import { ProtocolError } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled, upTo } from '../../test/rig/hub-rig.js';
import { AccessClosedError } from '../access/access.js';
import { seedProtocol } from '../protocols/seed/codec.js';

function rigWithAccess() {
  const access = new ScriptedAccess();
  return { access, rig: new HubRig(10, { access }) };
}

/** Credentials that stay pending until the test decides. */
function undecided(access: ScriptedAccess, token: string) {
  let decide: (credentials: object) => void = () => undefined;
  access.credentials[token] = new Promise((resolve) => (decide = resolve));
  return (credentials: object = {}) => decide(credentials);
}

const connect = (token: string, more: object = {}) => ({ connect: { token, ...more } });
const subscribe = (channel: string) => ({ subscribe: { channel } });

describe('connect', () => {
  test('asks access with all information about the client', async () => {
    const { access, rig } = rigWithAccess();
    access.credentials['t'] = {};
    const more = { data: { a: 1 }, name: 'js', version: '5', headers: { h: 'v' } };
    const client = rig.open();
    await client.ask(1, connect('t', more));
    expect(access.connects).toEqual([
      {
        client: client.session.client,
        origin: { address: '127.0.0.1', transport: 'websocket', headers: {} },
        token: 't',
        ...more,
        data: '{"a":1}',
      },
    ]);
  });

  test('ends with its frame if nothing has to be awaited', () => {
    const client = new HubRig(10).open();
    client.send({ id: 1, connect: {} });
    expect(client.lines).toMatchObject([{ id: 1, connect: { client: client.session.client } }]);
  });

  test('is what commands wait for, in order, also those of later frames', async () => {
    const { access, rig } = rigWithAccess();
    const decide = undecided(access, 't');
    const client = rig.open();
    client.send({ id: 1, ...connect('t') }, { id: 2, ...subscribe('a') });
    client.send({ id: 3, unsubscribe: { channel: 'a' } });
    client.send({ id: 4, ...subscribe('b') }, {});
    await settled();
    expect([client.lines, rig.hub.channelCount]).toEqual([[], 0]);
    decide();
    await settled();
    expect(client.lines.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(Object.keys(rig.hub.counts())).toEqual(['b']);
  });

  test.each([
    ['commands', () => Array.from({ length: 1035 }, (_, i) => ({ id: i + 2, ...subscribe('a') }))],
    ['bytes', () => Array.from({ length: 5 }, () => ({ send: { data: 'x'.repeat(220_000) } }))],
  ])('too many %s before it is decided close with 3501', async (_, commands) => {
    const { access, rig } = rigWithAccess();
    undecided(access, 't');
    const client = rig.open();
    client.send({ id: 1, ...connect('t') });
    for (const command of commands()) client.send(command);
    expect(client.socket.closes).toEqual([3501]);
  });

  test('refused is answered, as is what came behind it; the client may try again', async () => {
    const { access, rig } = rigWithAccess();
    access.credentials['good'] = {};
    const client = rig.open();
    client.send({ id: 1, ...connect('bad') }, { id: 2, ...subscribe('a') });
    await settled();
    expect(client.lines).toMatchObject([
      { id: 1, error: { code: 101 } },
      { id: 2, error: { code: 101 } },
    ]);
    expect(rig.core.registry.clientCount).toBe(0);
    expect(await client.ask(3, connect('good'))).toHaveProperty('connect');
    expect(client.socket.closes).toEqual([]);
  });

  test('refused at once is no different: what came behind it in its frame is answered', async () => {
    const access = new ScriptedAccess();
    access.connect = () => {
      throw new ProtocolError('unauthorized');
    };
    const client = new HubRig(10, { access }).open();
    client.send({ id: 1, connect: {} }, { id: 2, ...subscribe('a') });
    await settled();
    expect(client.lines).toMatchObject([
      { id: 1, error: { code: 101 } },
      { id: 2, error: { code: 101 } },
    ]);
    expect(client.socket.closes).toEqual([]);
  });

  test('refused again and again closes with 3509', async () => {
    const { rig } = rigWithAccess();
    const client = rig.open();
    for (let id = 1; id <= 5; id++) {
      expect(client.socket.closes).toEqual([]);
      await client.ask(id, connect('bad'));
    }
    expect([client.lines.length, client.socket.closes]).toEqual([5, [3509]]);
  });

  test.each([
    ['an expired token', new ProtocolError('tokenExpired'), 109],
    ['what has ended already', { expiresAtMs: 0 }, 110],
  ])('with %s is refused with %#', async (_, answer, code) => {
    const { access, rig } = rigWithAccess();
    access.credentials['t'] = answer;
    expect(await rig.open().ask(1, connect('t'))).toMatchObject({ error: { code } });
  });

  test('may be answered by the end of the connection', async () => {
    const { access, rig } = rigWithAccess();
    access.credentials['t'] = AccessClosedError.of('invalidToken');
    const client = rig.open();
    await client.ask(1, connect('t'));
    expect([client.socket.closes, client.lines]).toEqual([[3500], []]);
  });

  test('that does not come closes with 3502', async () => {
    const { rig } = rigWithAccess();
    const [silent, seed] = [rig.open(), rig.open(seedProtocol)];
    const connected = await rig.connected();
    await rig.elapse(14_999);
    expect(silent.socket.closes).toEqual([]);
    await rig.elapse(1);
    expect(silent.socket.closes).toEqual([3502]);
    expect([connected, seed].flatMap(({ socket }) => socket.closes)).toEqual([]);
  });

  test('a decision that arrives after the connection has closed changes nothing', async () => {
    const { access, rig } = rigWithAccess();
    const decide = undecided(access, 't');
    const client = rig.open();
    client.send({ id: 1, ...connect('t') }, { id: 2, ...subscribe('a') });
    client.session.handleClose(1006);
    decide({ user: 'u', subs: { a: {} } });
    await settled();
    expect([rig.core.registry.clientCount, rig.core.registry.userCount]).toEqual([0, 0]);
    expect([client.lines, rig.hub.channelCount]).toEqual([[], 0]);
  });

  test('on the seed protocol is done without a command, and refused by the end of the connection', async () => {
    const { access, rig } = rigWithAccess();
    const first = await rig.seed('a');
    await rig.publish('a', 1);
    expect(first.socket.frames).toEqual(['x']);
    access.credentials[''] = new ProtocolError('unauthorized');
    const second = await rig.seed('a');
    expect(second.socket.frames).toEqual(['error#101#unauthorized']);
    expect(second.socket.closes).toEqual([3507]);
  });
});

describe('credentials that end', () => {
  test('are announced, and close with 3005 without a refresh', async () => {
    const { access, rig } = rigWithAccess();
    access.credentials['t'] = { expiresAtMs: 10_500 };
    const client = rig.open();
    const reply = await client.ask(1, connect('t'));
    expect(reply).toMatchObject({ connect: { expires: true, ttl: 11 } });
    await rig.elapse(35_499);
    expect(client.socket.closes).toEqual([]);
    await rig.elapse(1);
    expect(client.socket.closes).toEqual([3005]);
  });

  test('live longer when they are refreshed', async () => {
    const { access, rig } = rigWithAccess();
    access.credentials['t'] = { expiresAtMs: 10_000 };
    access.credentials['later'] = { expiresAtMs: 70_000 };
    access.credentials['ever'] = {};
    access.credentials['past'] = { expiresAtMs: 1 };
    const client = rig.open();
    await client.ask(1, connect('t'));
    await rig.elapse(10_000);
    expect(await client.ask(2, { refresh: { token: 'later' } })).toMatchObject({
      refresh: { client: client.session.client, version: '0', expires: true, ttl: 60 },
    });
    await rig.elapse(60_000);
    expect(await client.ask(3, { refresh: { token: 'past' } })).toMatchObject({
      error: { code: 110 },
    });
    expect(await client.ask(4, { refresh: { token: 'bad' } })).toMatchObject({
      error: { code: 101 },
    });
    const forEver = await client.ask(5, { refresh: { token: 'ever' } });
    expect(forEver).not.toHaveProperty('refresh.expires');
    await rig.elapse(1_000_000);
    expect(client.socket.closes).toEqual([]);
  });
});

describe('server-side subscriptions', () => {
  async function rigWithSubs(subs: object, published = 0) {
    const parts = rigWithAccess();
    parts.access.credentials['t'] = { data: '{"d":1}', subs: subs as never };
    const position = await parts.rig.publish('a', published);
    return { ...parts, position };
  }

  test('comes with the answer, and is live from there on', async () => {
    const { rig } = await rigWithSubs({ a: { data: '"hi"' }, b: { recovery: false } }, 3);
    const client = rig.open();
    const reply = await client.ask(1, connect('t'));
    expect(reply).toMatchObject({
      connect: { data: { d: 1 }, subs: { a: { recoverable: true, offset: 3, data: 'hi' }, b: {} } },
    });
    expect(reply).not.toHaveProperty('connect.subs.b.offset');
    await rig.publish('a', 2);
    await rig.publish('b', 1);
    expect(client.lines.map(({ push }) => push?.channel)).toEqual([undefined, 'a', 'a', 'b']);
  });

  test('goes on from the positions that the client has', async () => {
    const { rig, position } = await rigWithSubs({ a: {}, b: {} }, 8);
    const subs = { a: { recover: true, ...position, offset: 2 }, other: { recover: true } };
    const client = rig.open();
    expect(await client.ask(1, connect('t', { subs }))).toMatchObject({
      connect: {
        subs: {
          a: {
            recovered: true,
            was_recovering: true,
            offset: 2,
            publications: upTo(3, 8).map((offset) => ({ offset })),
          },
        },
      },
    });
    expect(Object.keys(rig.hub.counts())).toEqual(['a', 'b']);
  });

  test('is delivered only once the client knows of it', async () => {
    const { rig } = await rigWithSubs({ a: {}, slow: {} }, 1);
    let release: () => void = () => undefined;
    const subscribeTo = rig.broker.subscribe.bind(rig.broker);
    rig.broker.subscribe = async (channel, handler) => {
      if (channel === 'slow') await new Promise<void>((resolve) => (release = resolve));
      return subscribeTo(channel, handler);
    };
    const client = rig.open();
    client.send({ id: 1, ...connect('t') });
    await settled();
    await rig.publish('a', 20);
    expect(client.lines).toEqual([]);
    release();
    await settled();
    expect(client.lines[0]).toHaveProperty('connect.subs.a.offset', 1);
    expect(client.offsets).toEqual(upTo(2, 21));
    await rig.publish('a', 1);
    expect(client.offsets).toEqual(upTo(2, 22));
  });

  test('of more channels than are allowed closes with 3505', async () => {
    const names = upTo(1, 11).map((n) => [`c${n}`, {}]);
    const { rig } = await rigWithSubs(Object.fromEntries(names));
    const client = rig.open();
    await client.ask(1, connect('t'));
    expect(client.socket.closes).toEqual([3505]);
  });

  test('that cannot begin fails the connect, for now', async () => {
    const { rig } = await rigWithSubs({ a: {} });
    rig.broker.subscribe = () => Promise.reject(new Error('away'));
    const client = rig.open();
    client.send({ id: 1, ...connect('t') });
    await settled();
    await rig.elapse(3000);
    expect(client.lines).toMatchObject([{ id: 1, error: { code: 100, temporary: true } }]);
    expect(client.session.subscriptions.size).toBe(0);
  });

  test('that has a gap ends the connection with 3010: clients do not renew these', async () => {
    const { rig } = await rigWithSubs({ a: {} });
    const client = rig.open();
    await client.ask(1, connect('t'));
    rig.broker.script = () => ({
      publications: [],
      agesMs: [],
      topOffset: 5,
      generation: { epoch: 'other generation', firstOffset: 1, follows: undefined },
    });
    rig.hub.handlePublication('a', { offset: 5, data: '1' }, 'other generation', undefined);
    await settled();
    expect(client.socket.closes).toEqual([3010]);
  });
});

describe('a transport without close codes', () => {
  test('receives the reason of the close, and the header with it', async () => {
    const { rig } = rigWithAccess();
    const client = rig.open(undefined, 'sse');
    const reply = await client.ask(1, connect(''));
    const { emulationId } = client.session;
    expect(reply).toMatchObject({ connect: { session: emulationId, node: 'node' } });
    expect(emulationId).not.toBe(client.session.client);
    client.session.close('shutdown');
    expect(client.pushes).toEqual([{ disconnect: { code: 3001, reason: 'shutdown' } }]);
    expect(client.socket.closes).toEqual([3001]);
  });

  test('a WebSocket is not', async () => {
    const { rig } = rigWithAccess();
    const client = await rig.connected();
    expect(client.lines[0]).not.toHaveProperty('connect.session');
    client.session.close('shutdown');
    expect(client.pushes).toEqual([]);
  });
});
