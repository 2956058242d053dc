import type { Member } from '@newswire/broker';
import { ProtocolError } from '@newswire/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiRig, errorBody } from '../../test/rig/api-rig.js';

const NODE = { uid: 'u', name: 'n', version: '1.2.3', clients: 4, users: 3, subs: 2, channels: 1 };

let rig: ApiRig;
beforeEach(() => {
  rig = new ApiRig({
    edge: ({ method }) =>
      method === 'info'
        ? { info: { ...NODE, uptime: 7.9 } }
        : { channels: { 'sports:1': 2, 'sports:2': 1, a: 1 } },
  });
});

describe('history', () => {
  beforeEach(async () => {
    for (const data of ['1.0', '"two"', '[3]']) {
      await rig.broker.publish('a', data, data === '"two"' ? { extra: '"tags":{"t":"u"}' } : {});
    }
    await rig.broker.publish('a', '"hidden"', { isTransient: true });
  });

  const two = { data: 'two', offset: 2, tags: { t: 'u' } };

  test.each([
    [{}, []],
    [{ limit: 0 }, []],
    [{ limit: null, since: null, reverse: null }, []],
    [{ limit: 2 }, [{ data: 1, offset: 1 }, two]],
    [{ limit: 1, reverse: true }, [{ data: [3], offset: 3 }]],
    [{ limit: -1 }, [{ data: 1, offset: 1 }, two, { data: [3], offset: 3 }]],
    [{ limit: -1, since: { offset: 1, epoch: '' } }, [two, { data: [3], offset: 3 }]],
    [{ limit: -1, since: { offset: 2 }, reverse: true }, [{ data: 1, offset: 1 }]],
  ])('%j', async (query, publications) => {
    expect(await rig.call('history', { channel: 'a', ...query })).toEqual({
      result: { publications, offset: 4, epoch: expect.any(String) },
    });
  });

  test('data comes as it was written', async () => {
    const { body } = await rig.post('history', { channel: 'a', limit: 1 });
    expect(body).toContain('{"data":1.0,"offset":1}');
  });

  test.each([
    [{ limit: -2 }, 'limit must be -1 or more'],
    [{ limit: 1.5 }, 'limit must be a whole number'],
    [{ limit: 1e99 }, 'limit must be '],
    [{ limit: '1' }, 'limit must be a number'],
    [{ since: { offset: -1 } }, 'since.offset must be 0 or more'],
    [{ since: { top: 1 } }, 'unknown field top in since'],
  ])('refuses %j', async (query, detail) => {
    expect(await rig.call('history', { channel: 'a', ...query })).toEqual(
      errorBody(107, expect.stringContaining(`bad request: ${detail}`) as string),
    );
  });

  test('a position that cannot be continued is reported', async () => {
    const readHistory = () => Promise.reject(new ProtocolError('unrecoverablePosition'));
    rig = new ApiRig({ parts: { readHistory } });
    const reply = await rig.post(
      'history',
      { channel: 'a' },
      { 'x-centrifugo-error-mode': 'transport' },
    );
    expect(reply).toEqual({
      status: 416,
      body: JSON.stringify(errorBody(112, 'unrecoverable position')),
    });
  });

  test('is empty once it is removed, and goes on from where it was', async () => {
    expect(await rig.call('history_remove', { channel: 'a' })).toEqual({ result: {} });
    expect(await rig.call('history', { channel: 'a', limit: -1 })).toEqual({
      result: { publications: [], offset: 4, epoch: expect.any(String) },
    });
  });
});

describe('presence', () => {
  beforeEach(() => {
    const members: Member[] = [
      { client: 'c1', user: 'u', connInfo: '{"a": 1.0}' },
      { client: 'c2', user: 'u', chanInfo: '"i"' },
      { client: '__proto__', user: '' },
    ];
    rig.members.set('a', new Map(members.map((member) => [member.client, member])));
  });

  test('lists clients', async () => {
    const { body } = await rig.post('presence', { channel: 'a' });
    expect(body).toBe(
      '{"result":{"presence":{"c1":{"client":"c1","user":"u","conn_info":{"a": 1.0}},' +
        '"c2":{"client":"c2","user":"u","chan_info":"i"},"__proto__":{"client":"__proto__","user":""}}}}',
    );
    expect(await rig.call('presence', { channel: 'empty' })).toEqual({ result: { presence: {} } });
  });

  test('counts clients and users', async () => {
    expect(await rig.call('presence_stats', { channel: 'a' })).toEqual({
      result: { num_clients: 3, num_users: 2 },
    });
  });

  test.each(['presence', 'presence_stats'])('%s is refused where it is off', async (method) => {
    expect(await rig.call(method, { channel: 'quiet:1' })).toEqual(
      errorBody(108, 'not available: presence is off in this namespace'),
    );
  });
});

test('info describes the edges', async () => {
  const { uid, name, version } = NODE;
  const counts = { num_clients: 4, num_users: 3, num_subs: 2, num_channels: 1, uptime: 7 };
  expect(await rig.call('info', {})).toEqual({
    result: { nodes: [{ uid, name, version, ...counts }] },
  });
});

test.each([
  [{}, ['sports:1', 'sports:2', 'a']],
  [{ pattern: '' }, ['sports:1', 'sports:2', 'a']],
  [{ pattern: null }, ['sports:1', 'sports:2', 'a']],
  [{ pattern: 'sports:*' }, ['sports:1', 'sports:2']],
  [{ pattern: '{a,*1}' }, ['sports:1', 'a']],
])('channels %j', async (query, names) => {
  const answer = (await rig.call('channels', query)) as { result: { channels: object } };
  expect(Object.keys(answer.result.channels)).toEqual(names);
});
