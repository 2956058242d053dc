import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ERRORS,
  ProtocolError,
  toInfoLine,
  toJsonLine,
  type ClientInfo,
  type Reply,
  type SubscriptionStart,
} from '@newswire/protocol';
import { centrifugeCodec } from './protocol.js';

describe('publications', () => {
  test('a push of one line', () => {
    const frame = centrifugeCodec.encodePublication('a:1', { offset: 7, data: '{"x":1}' });
    expect(frame).toBe('{"push":{"channel":"a:1","pub":{"data":{"x":1},"offset":7}}}');
  });

  test('any data makes one valid line of JSON that carries it', () => {
    const data = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(data, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value, offset) => {
        const line = toJsonLine(value);
        const frame = centrifugeCodec.encodePublication('a', { offset, data: line });
        expect(frame).not.toMatch(/[\n\r]/);
        expect(JSON.parse(frame)).toEqual({
          push: { channel: 'a', pub: { data: JSON.parse(line) as unknown, offset } },
        });
      }),
    );
  });
});

describe('replies', () => {
  const parsed = (reply: Parameters<typeof centrifugeCodec.encodeReply>[0]) =>
    JSON.parse(centrifugeCodec.encodeReply(reply) ?? 'null') as unknown;
  const position = { offset: 5, epoch: 'e' };

  test.each([
    [25_000, 25],
    [100, 1],
    [1001, 2],
  ])('connected, with a ping each %i ms sent as %i s', (pingIntervalMs, ping) => {
    const reply = { type: 'connected', id: 1, client: 'c', version: '1.2.3', pingIntervalMs };
    expect(parsed(reply as never)).toEqual({
      id: 1,
      connect: { client: 'c', version: '1.2.3', ping, pong: true },
    });
  });

  const start: SubscriptionStart = {
    channel: 'a',
    position,
    positioning: 'recoverable',
    wasRecovering: false,
    recovered: false,
    publications: [],
  };

  test('subscribed from now on', () => {
    expect(parsed({ type: 'subscribed', id: 2, ...start })).toEqual({
      id: 2,
      subscribe: { recoverable: true, positioned: true, offset: 5, epoch: 'e' },
    });
  });

  test.each([true, false])('subscribed from a position, recovered %j', (recovered) => {
    const publications = [
      { offset: 6, data: '"x"' },
      { offset: 7, data: '{"y":[]}', extra: '"tags":{"t":"1"}' },
    ];
    const recovery = { wasRecovering: true, recovered, publications };
    expect(parsed({ type: 'subscribed', id: 2, ...start, ...recovery })).toEqual({
      id: 2,
      subscribe: {
        recoverable: true,
        positioned: true,
        offset: 5,
        epoch: 'e',
        recovered,
        was_recovering: true,
        publications: [
          { offset: 6, data: 'x' },
          { offset: 7, data: { y: [] }, tags: { t: '1' } },
        ],
      },
    });
  });

  test.each([
    ['recoverable', { recoverable: true, positioned: true, offset: 5, epoch: 'e' }],
    ['positioned', { positioned: true, offset: 5, epoch: 'e' }],
    ['none', {}],
  ] as const)('positioning %s, data and expiry', (positioning, told) => {
    const more = { positioning, data: '{"d":1}', ttlS: 9 };
    expect(parsed({ type: 'subscribed', id: 2, ...start, ...more })).toEqual({
      id: 2,
      subscribe: { ...told, data: { d: 1 }, expires: true, ttl: 9 },
    });
  });

  test('the newest publication without having asked', () => {
    const more = { recovered: true, publications: [{ offset: 6, data: '1' }] };
    expect(parsed({ type: 'subscribed', id: 2, ...start, ...more })).toMatchObject({
      subscribe: { recovered: true, publications: [{ offset: 6, data: 1 }] },
    });
  });

  test('connected, with all that may be said', () => {
    const more = { data: '[1]', ttlS: 60, emulation: { session: 's', node: 'n' } };
    const subs = [start, { ...start, channel: 'b', positioning: 'none' as const }];
    const reply = { type: 'connected', id: 1, client: 'c', version: '1', pingIntervalMs: 1000 };
    expect(parsed({ ...reply, ...more, subs } as Reply)).toEqual({
      id: 1,
      connect: {
        client: 'c',
        version: '1',
        ping: 1,
        pong: true,
        expires: true,
        ttl: 60,
        session: 's',
        node: 'n',
        data: [1],
        subs: { a: { recoverable: true, positioned: true, ...position }, b: {} },
      },
    });
  });

  const info = { user: 'u"', client: 'c', conn_info: { n: 1 }, chan_info: 'x' };
  const member = { user: 'u"', client: 'c', connInfo: '{"n":1}', chanInfo: '"x"' };
  const anonymous = { user: '', client: 'd' };
  const members = new Map<string, ClientInfo>([
    ['c', member],
    ['d', anonymous],
  ]);
  const publications = [{ offset: 4, data: '1', extra: '"info":{"user":"","client":"d"}' }];
  const said = { offset: 4, data: 1, info: anonymous };

  test.each<[Reply, object]>([
    [
      { type: 'published', id: 3 },
      { id: 3, publish: {} },
    ],
    [
      { type: 'presence', id: 3, members },
      { id: 3, presence: { presence: { c: info, d: anonymous } } },
    ],
    [
      { type: 'presenceStats', id: 3, clients: 2, users: 1 },
      { id: 3, presence_stats: { num_clients: 2, num_users: 1 } },
    ],
    [
      { type: 'history', id: 3, publications, position },
      { id: 3, history: { publications: [said], ...position } },
    ],
    [
      { type: 'history', id: 3, publications: [], position },
      { id: 3, history: { publications: [], ...position } },
    ],
    [
      { type: 'rpc', id: 3, data: '{"a":1}' },
      { id: 3, rpc: { data: { a: 1 } } },
    ],
    [
      { type: 'refreshed', id: 3, client: 'c', version: '1', ttlS: 5 },
      { id: 3, refresh: { client: 'c', version: '1', expires: true, ttl: 5 } },
    ],
    [
      { type: 'subRefreshed', id: 3, ttlS: 5 },
      { id: 3, sub_refresh: { expires: true, ttl: 5 } },
    ],
    [
      { type: 'subRefreshed', id: 3, ttlS: undefined },
      { id: 3, sub_refresh: {} },
    ],
    [{ type: 'join', channel: 'a', member }, { push: { channel: 'a', join: { info } } }],
    [
      { type: 'leave', channel: 'a', member: anonymous },
      { push: { channel: 'a', leave: { info: anonymous } } },
    ],
    [
      { type: 'serverSubscribed', ...start },
      {
        push: {
          channel: 'a',
          subscribe: { recoverable: true, positioned: true, ...position },
        },
      },
    ],
    [
      { type: 'ended', channel: 'a', kind: 'server' },
      { push: { channel: 'a', unsubscribe: { code: 2000, reason: 'server unsubscribe' } } },
    ],
    [
      { type: 'ended', channel: 'a', kind: 'expired' },
      { push: { channel: 'a', unsubscribe: { code: 2501, reason: 'subscription expired' } } },
    ],
    [
      { type: 'ended', channel: 'a', kind: 'stateInvalidated' },
      { push: { channel: 'a', unsubscribe: { code: 2502, reason: 'state invalidated' } } },
    ],
    [{ type: 'message', data: '[1]' }, { push: { message: { data: [1] } } }],
    [
      { type: 'disconnect', code: 3001, reason: 'shutdown' },
      { push: { disconnect: { code: 3001, reason: 'shutdown' } } },
    ],
  ])('$type', (reply, told) => {
    expect(parsed(reply)).toEqual(told);
  });

  test('any names make one valid line of JSON', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (user, client) => {
        const line = toInfoLine({ user, client });
        expect(line).not.toMatch(/[\n\r]/);
        expect(JSON.parse(line)).toEqual({ user, client });
      }),
    );
  });

  test('unsubscribed', () => {
    expect(parsed({ type: 'unsubscribed', id: 3 })).toEqual({ id: 3, unsubscribe: {} });
  });

  test('resubscribe is a push with code 2500, which clients come back from', () => {
    expect(parsed({ type: 'resubscribe', channel: 'a' })).toEqual({
      push: { channel: 'a', unsubscribe: { code: 2500, reason: 'insufficient state' } },
    });
  });

  test('errors with the id of their command, temporary where they are; without one there is none', () => {
    expect(parsed({ type: 'error', id: 4, error: new ProtocolError('internal', 'x') })).toEqual({
      id: 4,
      error: { code: 100, message: 'internal error: x', temporary: true },
    });
    expect(parsed({ type: 'error', id: 4, error: new ProtocolError('alreadySubscribed') })).toEqual(
      { id: 4, error: { code: 105, message: ERRORS.alreadySubscribed.message } },
    );
    const error = new ProtocolError('badRequest');
    expect(centrifugeCodec.encodeReply({ type: 'error', id: 0, error })).toBeUndefined();
  });
});

test('members beside the data are in pushes and in replies', () => {
  const extra = '"tags":{"a":"b"},"info":{"user":"u","client":"c"}';
  const pub = { data: 1, offset: 2, tags: { a: 'b' }, info: { user: 'u', client: 'c' } };
  const publication = { offset: 2, data: '1', extra };
  const push = centrifugeCodec.encodePublication('a', publication);
  expect(JSON.parse(push)).toEqual({ push: { channel: 'a', pub } });
  const plain = centrifugeCodec.encodePublication('a', { offset: 2, data: '1', isTransient: true });
  expect(plain).toBe('{"push":{"channel":"a","pub":{"data":1,"offset":2}}}');
});

test('a subscription by the server is followed by the publications since its position', () => {
  const encode = (more: object) => {
    const frame = centrifugeCodec.encodeReply({
      type: 'serverSubscribed',
      channel: 'a',
      position: { offset: 1, epoch: 'e' },
      positioning: 'recoverable',
      wasRecovering: true,
      recovered: true,
      publications: [{ offset: 2, data: '{"x":1}' }],
      ...more,
    });
    return (frame ?? '').split('\n').map((line) => JSON.parse(line) as unknown);
  };
  const subscribe = expect.objectContaining({ offset: 1, recovered: true }) as unknown;
  const [first, second] = encode({});
  expect(first).toEqual({ push: { channel: 'a', subscribe } });
  expect(second).toEqual({ push: { channel: 'a', pub: { offset: 2, data: { x: 1 } } } });
  expect(encode({ hasDelta: true })[1]).toEqual({
    push: { channel: 'a', pub: { offset: 2, data: '{"x":1}' } },
  });
});
