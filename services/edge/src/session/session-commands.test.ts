import { ProtocolError } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled } from '../../test/rig/hub-rig.js';
import { PresenceModel } from '../../test/rig/presence-model.js';
import { encodeCommands } from '../../test/rig/protobuf.js';
import type { RpcHandler } from '../access/access.js';
import { centrifugeProtobufProtocol } from '../protocols/centrifuge-protobuf/protocol.js';

const to = (who: 'everyone' | 'users' | 'subscribers' | 'nobody') => ({
  publish: who,
  readHistory: who,
  readPresence: who,
  presence: true,
});

const NAMESPACES = buildOptions({
  everyone: to('everyone'),
  users: to('users'),
  subscribers: to('subscribers'),
  nobody: to('nobody'),
  bare: { readPresence: 'everyone' },
});

function rigWith(rpc?: RpcHandler) {
  const access = new ScriptedAccess();
  access.credentials['ann'] = { user: 'ann', info: '{"name":"Ann"}' };
  access.grants['g'] = { info: '"on it"' };
  const presence = new PresenceModel();
  const rig = new HubRig(10, { access, presence, getOptions: NAMESPACES, rpc });
  return { rig, access, presence };
}

const COMMANDS = [
  ['publish', { data: 1 }],
  ['history', { limit: 1 }],
  ['presence', {}],
  ['presence_stats', {}],
] as const;

describe.each(COMMANDS)('%s', (method, more) => {
  const command = (channel: string) => ({ [method]: { channel, ...more } });

  test.each([
    ['everyone:a', '', undefined],
    ['users:a', 'ann', undefined],
    ['users:a', '', 103],
    ['subscribers:a', 'ann', 103],
    ['nobody:a', 'ann', 108],
    ['open', 'ann', 108],
    ['everyone:#ann', 'ann', undefined],
    ['everyone:#bob,ann', 'ann', undefined],
    ['everyone:#bob', 'ann', 103],
    ['everyone:#', '', 103],
  ])('on %s by %j: error %s', async (channel, token, code) => {
    const { rig } = rigWith();
    const client = await rig.connected({ token });
    const reply = await client.ask(2, command(channel));
    expect(reply?.error?.code).toBe(code);
    if (code === undefined) expect(reply).toHaveProperty(method);
    expect(rig.broker.published).toHaveLength(code === undefined && method === 'publish' ? 1 : 0);
  });

  test('by a subscriber, once it is one', async () => {
    const { rig } = rigWith();
    const client = await rig.connected();
    await client.ask(2, { subscribe: { channel: 'subscribers:a' } });
    expect(await client.ask(3, command('subscribers:a'))).toHaveProperty(method);
    await client.ask(4, { unsubscribe: { channel: 'subscribers:a' } });
    expect(await client.ask(5, command('subscribers:a'))).toMatchObject({ error: { code: 103 } });
  });
});

describe('publishing', () => {
  test('bytes that are not JSON are marked, beside the info about their client', async () => {
    const { rig } = rigWith();
    const client = rig.open(centrifugeProtobufProtocol);
    const publish = (id: number, data: Buffer) => ({
      id,
      publish: { channel: 'everyone:a', data },
    });
    client.session.handleFrame(
      encodeCommands(
        { id: 1, connect: {} },
        publish(2, Buffer.from([0xff])),
        publish(3, Buffer.from('1')),
      ),
    );
    await settled();
    const info = `"info":{"user":"","client":"${client.session.client}"}`;
    expect(rig.broker.published).toEqual([{ extra: `"b64":true,${info}` }, { extra: info }]);
  });

  test('says who it was', async () => {
    const { rig } = rigWith();
    const client = await rig.connected({ token: 'ann' });
    const id = client.session.client;
    expect(await client.ask(2, { publish: { channel: 'everyone:a', data: 1 } })).toEqual({
      id: 2,
      publish: {},
    });
    await client.ask(3, { subscribe: { channel: 'everyone:a', token: 'g' } });
    await client.ask(4, { publish: { channel: 'everyone:a', data: 2 } });
    const info = `"info":{"user":"ann","client":"${id}","conn_info":{"name":"Ann"}`;
    expect(rig.broker.published).toEqual([
      { extra: `${info}}` },
      { extra: `${info},"chan_info":"on it"}` },
    ]);
  });

  test('that the broker cannot do is refused as the broker says', async () => {
    const { rig } = rigWith();
    rig.broker.publish = () => Promise.reject(new ProtocolError('internal', 'away'));
    const client = await rig.connected();
    const reply = await client.ask(2, { publish: { channel: 'everyone:a', data: 1 } });
    expect(reply).toMatchObject({ error: { code: 100, temporary: true } });
  });
});

describe('history', () => {
  const read = (more: object) => ({ history: { channel: 'everyone:a', ...more } });
  const offsets = (reply: object | undefined) =>
    (reply as { history: { publications: { offset: number }[] } }).history.publications.map(
      ({ offset }) => offset,
    );

  test.each([
    [{}, []],
    [{ limit: 2 }, [1, 2]],
    [{ limit: -1 }, [1, 2, 3, 4, 5]],
    [{ limit: 2, since: { offset: 3 } }, [4, 5]],
    [{ limit: 2, reverse: true }, [5, 4]],
    [{ limit: -1, reverse: true }, [5, 4, 3, 2, 1]],
    [{ limit: 2, reverse: true, since: { offset: 4 } }, [3, 2]],
    [{ limit: 2, reverse: true, since: { offset: 1 } }, []],
    [{ limit: 2, reverse: true, since: { offset: 99 } }, [5, 4]],
  ])('%j: %j', async (asked, expected) => {
    const { rig } = rigWith();
    const { epoch } = await rig.publish('everyone:a', 5);
    const client = await rig.connected();
    const reply = await client.ask(2, read(asked));
    expect(offsets(reply)).toEqual(expected);
    expect(reply).toMatchObject({ history: { offset: 5, epoch } });
  });

  test('backwards begins with the newest, also where a page ends early', async () => {
    const { rig } = rigWith();
    await rig.publish('everyone:a', 40, 'x'.repeat(100_000));
    const client = await rig.connected();
    const [newest, ...others] = offsets(await client.ask(2, read({ limit: -1, reverse: true })));
    expect(newest).toBe(40);
    expect(others.length).toBeGreaterThan(3);
  });

  test('leaves out what was published with skip_history, which does not count', async () => {
    const { rig } = rigWith();
    for (const transient of [false, true, true, false, false]) {
      const options = transient ? ({ isTransient: true } as const) : {};
      await rig.broker.publish('everyone:a', '1', options);
    }
    const client = await rig.connected();
    expect(offsets(await client.ask(2, read({ limit: 2 })))).toEqual([1, 4]);
    const backwards = await client.ask(3, read({ limit: 3, reverse: true }));
    expect(offsets(backwards)).toEqual([5, 4, 1]);
  });

  test('has what the log still has of earlier generations', async () => {
    const { rig } = rigWith();
    const generation = { epoch: 'second', firstOffset: 4, follows: { epoch: 'first', offset: 3 } };
    const log = [1, 2, 3, 4, 5].map((offset) => ({ offset, data: `${offset}` }));
    rig.broker.script = (since, limit) => ({
      publications: log.filter(({ offset }) => offset > since).slice(0, limit),
      agesMs: [],
      topOffset: 5,
      generation,
    });
    const client = await rig.connected();
    const answer = await client.ask(2, read({ limit: -1 }));
    expect(offsets(answer)).toEqual([1, 2, 3, 4, 5]);
    expect(answer).toMatchObject({ history: { offset: 5, epoch: 'second' } });
    const backwards = await client.ask(3, read({ limit: 4, reverse: true }));
    expect(offsets(backwards)).toEqual([5, 4, 3, 2]);
  });

  test.each([-1, 1001, 4_000_000_000])('with limit %i has 1,000 at most', async (limit) => {
    const { rig } = rigWith();
    for (let i = 0; i < 1001; i++) await rig.broker.publish('everyone:a', '1');
    const client = await rig.connected();
    const forward = offsets(await client.ask(2, read({ limit })));
    expect([forward.length, forward.at(0), forward.at(-1)]).toEqual([1000, 1, 1000]);
    const backward = offsets(await client.ask(3, read({ limit, reverse: true })));
    expect([backward.length, backward.at(0), backward.at(-1)]).toEqual([1000, 1001, 2]);
  });

  test('of a log that changes meanwhile is refused with 113, temporarily', async () => {
    const { rig } = rigWith();
    let generations = 0;
    rig.broker.script = () => ({
      publications: [],
      agesMs: [],
      topOffset: 5,
      generation: { epoch: `${generations++}`, firstOffset: 1, follows: undefined },
    });
    const client = await rig.connected();
    expect(await client.ask(2, read({ limit: 1 }))).toMatchObject({
      error: { code: 113, temporary: true },
    });
  });

  test('of another generation is refused with 112', async () => {
    const { rig } = rigWith();
    await rig.publish('everyone:a', 5);
    const client = await rig.connected();
    const since = { offset: 1, epoch: 'other' };
    expect(await client.ask(2, read({ since }))).toMatchObject({ error: { code: 112 } });
  });
});

describe('presence', () => {
  test('that cannot be known is refused as presence says', async () => {
    const { rig, presence } = rigWith();
    const client = await rig.connected();
    presence.fault = new ProtocolError('internal');
    const reply = await client.ask(2, { presence: { channel: 'everyone:a' } });
    expect(reply).toMatchObject({ error: { code: 100, temporary: true } });
  });

  test('is not available where it is not kept', async () => {
    const { rig } = rigWith();
    const client = await rig.connected();
    const reply = await client.ask(2, { presence: { channel: 'bare:a' } });
    expect(reply).toMatchObject({ error: { code: 108 } });
  });
});

describe('rpc', () => {
  test('is answered by its handler, which knows who asks', async () => {
    const { rig } = rigWith(async ({ method, data, credentials }) => {
      if (method !== 'echo') throw new ProtocolError('methodNotFound', method);
      return `[${data},"${credentials.user}"]`;
    });
    const client = await rig.connected({ token: 'ann' });
    expect(await client.ask(2, { rpc: { method: 'echo', data: { a: 1 } } })).toEqual({
      id: 2,
      rpc: { data: [{ a: 1 }, 'ann'] },
    });
    expect(await client.ask(3, { rpc: { method: 'x' } })).toMatchObject({ error: { code: 104 } });
  });

  test('without a handler is not available', async () => {
    const { rig } = rigWith();
    const client = await rig.connected();
    expect(await client.ask(2, { rpc: {} })).toMatchObject({ error: { code: 108 } });
  });

  test('too many at once are refused, temporarily', async () => {
    const waiting: ((data: string) => void)[] = [];
    const { rig } = rigWith(() => new Promise((resolve) => waiting.push(resolve)));
    const client = await rig.connected();
    const commands = Array.from({ length: 65 }, (_, i) => ({ id: i + 2, rpc: { method: 'm' } }));
    client.send(...commands);
    await settled();
    expect(client.lines.slice(1)).toMatchObject([
      { id: 66, error: { code: 111, temporary: true } },
    ]);
    for (const answer of waiting) answer('1');
    await settled();
    expect(client.lines).toHaveLength(66);
    client.send({ id: 70, rpc: { method: 'm' } });
    await settled();
    expect(waiting).toHaveLength(65);
  });
});

test('pages of one history come one after another; other channels, and whole histories, do not wait', async () => {
  const { rig } = rigWith();
  const client = await rig.connected();
  const since = { offset: 0, epoch: '' };
  const page = (id: number, channel: string, more: object = { since }) => ({
    id,
    history: { channel, limit: 1, ...more },
  });
  client.send(page(2, 'everyone:a'), page(3, 'everyone:a'), page(4, 'everyone:b'));
  client.send(page(5, 'everyone:a', {}));
  await settled();
  const codes = [2, 3, 4, 5].map((id) => client.reply(id)?.error?.code);
  expect(codes).toEqual([undefined, 113, undefined, undefined]);
  expect(
    await client.ask(6, { history: { channel: 'everyone:a', limit: 1, since } }),
  ).toHaveProperty('history');
});

test('an answer that cannot be written closes with 3009', async () => {
  const rpc = () => Promise.resolve(Symbol('no JSON') as unknown as string);
  const { rig } = rigWith(rpc);
  const faults: unknown[] = [];
  rig.onFault = (error) => faults.push(error);
  const client = await rig.connected();
  client.send({ id: 2, rpc: { method: 'm' } });
  await settled();
  expect(client.socket.closes).toEqual([3009]);
  expect(faults).toEqual([expect.any(TypeError)]);
});

test('a message, which is not supported, closes with 3508', async () => {
  const client = await rigWith().rig.connected();
  client.send({ send: { data: 1 } });
  expect(client.socket.closes).toEqual([3508]);
});
