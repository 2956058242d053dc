import { ProtocolError } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../../test/rig/access-script.js';
import { HubRig, settled } from '../../../test/rig/hub-rig.js';
import { centrifugeUniCodec, centrifugeUniProtocol } from './protocol.js';

const NAMESPACES = buildOptions({ tagged: { allowTagsFilter: true, delta: true } });

async function connect(request: object | string, rig = new HubRig(10, rigParts())) {
  const client = rig.open(centrifugeUniProtocol);
  client.session.handleFrame(typeof request === 'string' ? request : JSON.stringify(request));
  await settled();
  const pushes = () =>
    client.socket.frames.map((frame) => JSON.parse(frame) as Record<string, unknown>);
  return { rig, client, pushes };
}

function rigParts() {
  const access = new ScriptedAccess();
  access.credentials['ann'] = { user: 'ann', subs: { news: {} }, data: '{"id":0,"pong":true}' };
  access.credentials['late'] = new ProtocolError('tokenExpired');
  access.credentials['busy'] = new ProtocolError('internal');
  return { access, getOptions: NAMESPACES };
}

describe('a unidirectional client', () => {
  test('gets a connect push with the subscriptions of the server, and no ids', async () => {
    const { client, pushes } = await connect({ token: 'ann', name: 'n' });
    const news = expect.objectContaining({ recoverable: true, offset: 0 }) as object;
    const data = { id: 0, pong: true };
    const { client: id } = client.session;
    const facts = { client: id, version: '0', ping: 25, data, subs: { news } };
    expect(pushes()).toEqual([{ connect: facts }]);
  });

  test('gets each publication in a message of its own, with joins and pings', async () => {
    const { rig, client, pushes } = await connect({ subs: { a: {} } });
    await Promise.all([1, 2, 3].map((n) => rig.broker.publish('a', `${n}`)));
    await settled();
    client.session.ping();
    expect(pushes().slice(2)).toEqual([
      ...[1, 2, 3].map((n) => ({ channel: 'a', pub: { data: n, offset: n } })),
      {},
    ]);
    expect(client.socket.pings).toBe(1);
  });

  test('names channels and positions, and is notified of those that it may not have', async () => {
    const first = await connect({ subs: { a: {}, tagged: {} } });
    const { rig } = first;
    for (const n of [1, 2, 3]) await rig.broker.publish('a', `${n}`);
    await settled();
    const start = first.pushes()[1]?.['subscribe'] as { epoch: string };
    const subs = {
      a: { recover: true, offset: 1, epoch: start.epoch },
      tagged: { tf: { key: 'k', cmp: 'ex' }, delta: 'fossil' },
      other: { tf: { key: 'k', cmp: 'ex' } },
      none: null,
    };
    const back = await connect({ token: 'ann', subs: { ...subs, news: {} } }, rig);
    const [connected, ...pushes] = back.pushes();
    expect(connected).toHaveProperty('connect.subs.news');
    const begins = {
      channel: 'a',
      subscribe: expect.objectContaining({ recovered: true, offset: 1 }),
    };
    expect(pushes.filter(({ channel }) => channel === 'a')).toEqual([
      begins,
      { channel: 'a', pub: { data: 2, offset: 2 } },
      { channel: 'a', pub: { data: 3, offset: 3 } },
    ]);
    expect(pushes.filter(({ channel }) => channel !== 'a')).toEqual([
      { channel: 'tagged', subscribe: expect.not.objectContaining({ delta: true }) },
      { channel: 'other', unsubscribe: { code: 107, reason: expect.any(String) } },
    ]);
  });

  test.each([
    ['nonsense', 3501],
    ['[]', 3501],
    ['{"token":1}', 3501],
    ['{"subs":{"a b":{}}}', 3501],
    ['{"subs":{"a":{"offset":-1}}}', 3501],
    ['{},"publish":{"channel":"a","data":1}', 3501],
    ['{"token":"late"}', 3005],
    ['{"token":"busy"}', 3004],
    ['{"token":"unknown"}', 3507],
  ])('%s: closed with %i', async (request, code) => {
    const { client } = await connect(request);
    expect(client.socket.closes).toEqual([code]);
  });

  test('may send nothing else', async () => {
    const { client } = await connect('{}');
    client.session.handleFrame('{"id":2,"publish":{"channel":"a","data":1}}');
    expect(client.socket.closes).toEqual([3501]);
    expect(() => centrifugeUniCodec.decode(Buffer.from('{}'))).toThrow(ProtocolError);
  });

  test('is closed with 3010 at a gap, so that it comes back with its positions', async () => {
    const { rig, client } = await connect({ subs: { a: {} } });
    await rig.publish('a', 1);
    const generation = { epoch: 'another', firstOffset: 1, follows: undefined };
    rig.broker.script = () => ({ publications: [], agesMs: [], topOffset: 9, generation });
    rig.hub.handleGap('a');
    await settled();
    expect(client.socket.closes).toEqual([3010]);
  });
});
