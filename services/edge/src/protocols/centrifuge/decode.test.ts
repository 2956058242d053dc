import { heapInUse } from '@newswire/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FROM_NOW, ProtocolError } from '@newswire/protocol';
import { centrifugeCodec } from './protocol.js';

const decode = (...commands: unknown[]) =>
  centrifugeCodec.decode(commands.map((command) => JSON.stringify(command)).join('\n'));

/** The error of a refused command. */
function decodeRefusal(command: unknown): { id: number; code: number; message: string } {
  const [refused, ...others] = decode(command);
  expect(others).toEqual([]);
  if (refused?.type !== 'refused') throw new Error(`not refused: ${JSON.stringify(refused)}`);
  return { id: refused.id, code: refused.error.code, message: refused.error.message };
}

const subscribe = (id: number, channel: string, more: object = {}) => ({
  type: 'subscribe',
  id,
  requests: [{ channel, since: FROM_NOW, ...PLAIN, ...more }],
});

const PLAIN = {
  mustRecover: false,
  token: '',
  isOnlyPositioned: false,
  joinLeave: false,
  delta: false,
};

const connect = (id: number, more: object = {}) => ({
  type: 'connect',
  id,
  token: '',
  name: '',
  version: '',
  headers: {},
  subs: new Map(),
  ...more,
});

describe('commands', () => {
  test('connect, with what it says of the client', () => {
    expect(decode({ id: 1, connect: {} })).toEqual([connect(1)]);
    const client = { token: 't', name: 'js', version: '5', headers: { a: 'b' } };
    const subs = {
      kept: { recover: true, offset: 3, epoch: 'e' },
      fresh: { recover: true },
      ignored: { offset: 3, epoch: 'e' },
    };
    expect(decode({ connect: { ...client, data: { a: 1 }, subs }, id: 7 })).toEqual([
      connect(7, {
        ...client,
        data: '{"a":1}',
        subs: new Map([
          ['kept', { offset: 3, epoch: 'e' }],
          ['fresh', { offset: 0, epoch: '' }],
        ]),
      }),
    ]);
  });

  test('subscribe from now on', () => {
    expect(decode({ id: 2, subscribe: { channel: 'a' } })).toEqual([subscribe(2, 'a')]);
    const more = { token: 't', data: [1], recoverable: true, positioned: true, join_leave: true };
    const asked = { channel: 'a', recover: false, offset: 3, delta: 'fossil', flag: 1, ...more };
    expect(decode({ id: 2, subscribe: asked })).toEqual([
      subscribe(2, 'a', { token: 't', data: '[1]', joinLeave: true, delta: true }),
    ]);
  });

  test.each([
    [{ positioned: true }, true],
    [{ positioned: true, recoverable: true }, false],
    [{ positioned: true, recover: true }, false],
    [{ recoverable: true }, false],
  ])('%j: positions alone are wanted is %j', (asked, isOnlyPositioned) => {
    const [command] = decode({ id: 2, subscribe: { channel: 'a', ...asked } });
    expect(command).toMatchObject({ requests: [{ isOnlyPositioned }] });
  });

  test.each([
    [
      { recover: true, offset: 9, epoch: 'e' },
      { offset: 9, epoch: 'e' },
    ],
    [
      { recover: true, epoch: 'e' },
      { offset: 0, epoch: 'e' },
    ],
    [
      { recover: true, offset: Number.MAX_SAFE_INTEGER },
      { offset: Number.MAX_SAFE_INTEGER, epoch: '' },
    ],
  ])('subscribe from a position: %j', (asked, position) => {
    const since = { type: 'position', position };
    expect(decode({ id: 3, subscribe: { channel: 'a', ...asked } })).toEqual([
      subscribe(3, 'a', { since }),
    ]);
  });

  test.each([
    [0, false],
    [1, false],
    [2, true],
    [3, true],
    [4, false],
  ])('flag %i: must recover is %j', (flag, mustRecover) => {
    const asked = { channel: 'a', recover: true, offset: 1, epoch: 'e', flag };
    const since = { type: 'position', position: { offset: 1, epoch: 'e' } };
    expect(decode({ id: 3, subscribe: asked })).toEqual([
      subscribe(3, 'a', { since, mustRecover }),
    ]);
  });

  test('unsubscribe', () => {
    expect(decode({ id: 4, unsubscribe: { channel: 'a' } })).toEqual([
      { type: 'unsubscribe', id: 4, channels: ['a'] },
    ]);
  });

  test.each([
    ['publish', { channel: 'a', data: { x: 1 } }, { channel: 'a', data: '{"x":1}' }],
    ['publish', { channel: 'a', data: null }, { channel: 'a', data: 'null' }],
    ['presence', { channel: 'a' }, { channel: 'a' }],
    ['presence_stats', { channel: 'a' }, { type: 'presenceStats', channel: 'a' }],
    ['history', { channel: 'a' }, { channel: 'a', limit: 0, reverse: false }],
    [
      'history',
      { channel: 'a', limit: -1, since: { offset: 2, epoch: 'e' }, reverse: true },
      { channel: 'a', limit: -1, since: { offset: 2, epoch: 'e' }, reverse: true },
    ],
    ['rpc', { method: 'm', data: 'x' }, { method: 'm', data: '"x"' }],
    ['rpc', {}, { method: '' }],
    ['refresh', { token: 't' }, { token: 't' }],
    ['sub_refresh', { channel: 'a', token: 't' }, { type: 'subRefresh', channel: 'a', token: 't' }],
  ])('%s %j', (method, params, command) => {
    expect(decode({ id: 4, [method]: params })).toEqual([{ type: method, id: 4, ...command }]);
  });

  test('data stays as its sender wrote it, on one line', () => {
    const data = '{"long": 12345678901234567890,\r"b":1.0, "a":"\\u0041"}';
    const [command] = centrifugeCodec.decode(`{"publish":{"data":${data},"channel":"a"},"id":1}`);
    expect(command).toMatchObject({ data: data.replace('\r', ' ') });
  });

  test('a pong is {}, alone or among others', () => {
    expect(centrifugeCodec.decode('{}')).toEqual([{ type: 'pong' }]);
    expect(centrifugeCodec.decode(' {} \r\n')).toEqual([{ type: 'pong' }]);
    expect(centrifugeCodec.decode('')).toEqual([]);
  });

  test('send needs no id', () => {
    expect(decode({ send: { data: 1 } })).toEqual([{ type: 'send', data: '1' }]);
    expect(decode({ send: {} })).toEqual([{ type: 'send' }]);
  });

  test('a frame has several commands, in order; those beside a refused one stay', () => {
    const frame = [
      '{"id":1,"connect":{}}',
      '',
      '{"id":2,"subscribe":{"channel":"no no"}}',
      '{}',
      '{"id":3,"subscribe":{"channel":"b"}}\n',
    ];
    expect(centrifugeCodec.decode(frame.join('\n'))).toEqual([
      connect(1),
      { type: 'refused', id: 2, error: expect.any(ProtocolError) },
      { type: 'pong' },
      subscribe(3, 'b'),
    ]);
  });
});

/** For each method, its required members, and the optional ones, as some libraries write them. */
const NULLS: readonly (readonly [string, object, readonly string[]])[] = [
  ['connect', {}, ['token', 'name', 'version', 'headers', 'subs']],
  [
    'subscribe',
    { channel: 'a' },
    'token recover offset epoch positioned recoverable join_leave delta flag type tf'.split(' '),
  ],
  ['history', { channel: 'a' }, ['limit', 'since', 'reverse']],
  ['rpc', {}, ['method']],
  ['refresh', {}, ['token']],
  ['sub_refresh', { channel: 'a' }, ['token', 'type']],
];

describe('null is as if the member were not there', () => {
  test.each(NULLS)('in %s', (method, params, optional) => {
    const plain = decode({ id: 1, [method]: params });
    for (const name of optional) {
      expect(decode({ id: 1, [method]: { ...params, [name]: null } })).toEqual(plain);
    }
    const nulls = Object.fromEntries(optional.map((name) => [name, null]));
    expect(decode({ id: 1, [method]: { ...params, ...nulls } })).toEqual(plain);
  });

  test('in what is inside of them', () => {
    const position = { recover: true, offset: null, epoch: null };
    const subs = { a: position, b: { ...position, recover: null }, c: null };
    expect(decode({ id: 1, connect: { headers: { x: null, y: 'z' }, subs } })).toEqual([
      connect(1, { headers: { y: 'z' }, subs: new Map([['a', { offset: 0, epoch: '' }]]) }),
    ]);
    const [history] = decode({
      id: 1,
      history: { channel: 'a', since: { offset: null, epoch: null } },
    });
    expect(history).toMatchObject({ since: { offset: 0, epoch: '' } });
  });

  test('among the methods of a command', () => {
    const others = Object.fromEntries(METHODS.map((name) => [name, null]));
    expect(decode({ ...others, id: 1, connect: {} })).toEqual([connect(1)]);
    expect(decode({ ...others, id: null, send: { data: 1 } })).toEqual([
      { type: 'send', data: '1' },
    ]);
    expect(decode({ ...others, id: null })).toEqual([{ type: 'pong' }]);
    expect(decode({ id: 1, connect: null })).toEqual([connect(1)]);
    expect(() => decode({ ...others, id: 1 })).toThrow(/^bad request: /);
  });

  test.each(['subscribe', 'unsubscribe', 'publish', 'presence', 'history', 'sub_refresh'])(
    'so that %s of the channel null has none',
    (method) => {
      const refusal = decodeRefusal({ id: 6, [method]: { channel: null, data: 1, token: 't' } });
      expect(refusal).toEqual({ id: 6, code: 107, message: 'bad request: channel is missing' });
    },
  );
});

describe('names that objects have of their own accord', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is kept', (name) => {
    const [command] = centrifugeCodec.decode(
      `{"id":1,"connect":{"headers":{"${name}":"h"},"subs":{"${name}":{"recover":true,"offset":3,"epoch":"e"}}}}`,
    );
    expect(command).toMatchObject({ subs: new Map([[name, { offset: 3, epoch: 'e' }]]) });
    const { headers } = command as { headers: object };
    expect(Object.entries(headers)).toEqual([[name, 'h']]);
    const [inherited] = decode({ id: 1, connect: { subs: { a: {} }, headers: {} } });
    expect(inherited).toMatchObject({ subs: new Map(), headers: {} });
  });
});

const METHODS = [
  'connect',
  'subscribe',
  'unsubscribe',
  'publish',
  'presence',
  'presence_stats',
  'history',
  'rpc',
  'send',
  'refresh',
  'sub_refresh',
];
/** Words from the messages of zod, the library that checks shapes. */
const ZOD_WORDS = /Invalid|Too (big|small)|expected|received|Unrecognized/;

const TYPES = [...METHODS, 'presenceStats', 'subRefresh', 'pong', 'refused'];

/**
 * Memory that decoding may retain. Measured, it is about a tenth of this, for code that gets
 * compiled.
 */
const MAX_LEFT_BYTES = 1_048_576;

describe('refusals', () => {
  test.each([
    [{}, 'channel is missing'],
    [{ channel: 5 }, 'channel must be a string'],
    [{ channel: '' }, 'a channel name is empty'],
    [{ channel: 'a', offset: -1 }, 'offset must be 0 or more'],
    [{ channel: 'a', offset: 1.5 }, 'offset must be a whole number'],
    [{ channel: 'a', offset: '1' }, 'offset must be a number'],
    [{ channel: 'a', epoch: 'e'.repeat(65) }, 'epoch has more than 64 characters'],
    [{ channel: 'a', recover: 1 }, 'recover must be true or false'],
    [{ channel: 'a', flag: 'x' }, 'flag must be a number'],
    [null, 'channel is missing'],
    [[], 'parameters must be an object'],
  ])('subscribe %j: 107, with what is wrong', (params, words) => {
    const { id, code, message } = decodeRefusal({ id: 5, subscribe: params });
    expect([id, code]).toEqual([5, 107]);
    expect(message).toContain(words);
  });

  test('unsubscribe without a channel: 107', () => {
    expect(decodeRefusal({ id: 5, unsubscribe: {} })).toMatchObject({ id: 5, code: 107 });
  });

  test.each([
    ['publish', { channel: 'a' }, 'data is missing'],
    ['publish', { data: 1 }, 'channel is missing'],
    ['publish', { channel: 'no no', data: 1 }, 'channel name'],
    ['presence', {}, 'channel is missing'],
    ['presence_stats', { channel: '' }, 'channel name'],
    ['history', { channel: 'a', limit: -2 }, 'limit must be -1 or more'],
    ['history', { channel: 'a', limit: 1.5 }, 'limit must be a whole number'],
    ['history', { channel: 'a', since: { offset: -1 } }, 'since.offset must be 0 or more'],
    ['subscribe', { channel: 'a', tf: { op: 'eq' } }, 'tags filter: op must be and, or, not'],
    ['rpc', { method: 1 }, 'method must be a string'],
    ['refresh', { token: 1 }, 'token must be a string'],
    ['sub_refresh', { token: 't' }, 'channel is missing'],
    ['connect', { subs: { a: { offset: 'x' } } }, 'subs.a.offset must be a number'],
    ['connect', { headers: { a: 1 } }, 'headers.a must be a string'],
    ['connect', { headers: [] }, 'headers must be an object'],
    ['connect', { subs: { ['x'.repeat(999)]: 1 } }, `subs.${'x'.repeat(95)} must be an object`],
  ])('%s %j: 107, with what is wrong', (method, params, words) => {
    const { id, code, message } = decodeRefusal({ id: 6, [method]: params });
    expect([id, code]).toEqual([6, 107]);
    expect(message).toContain(words);
  });

  test.each([
    ['subscribe', { type: 1 }],
    ['subscribe', { type: 4 }],
    ['sub_refresh', { type: 2 }],
  ])('%s %j, as maps and shared polls, is not available: 108', (method, params) => {
    const refusal = decodeRefusal({ id: 6, [method]: { channel: 'a', ...params } });
    expect(refusal).toMatchObject({ id: 6, code: 108 });
  });

  test.each(['ping', 'Subscribe', '__proto__', 'constructor', 'x'.repeat(1000), ''])(
    'method %.20j is unknown: 104',
    (method) => {
      const command = `{"id":6,${JSON.stringify(method)}:{}}`;
      const [refused] = centrifugeCodec.decode(command);
      expect(refused).toMatchObject({ type: 'refused', id: 6, error: { code: 104 } });
    },
  );

  test.each([
    'hello',
    '{',
    '[]',
    'null',
    '1',
    '"{}"',
    '{"id":1}',
    '{"id":0,"connect":{}}',
    '{"id":-1,"connect":{}}',
    '{"id":1.5,"connect":{}}',
    '{"id":"1","connect":{}}',
    '{"id":4294967296,"connect":{}}',
    '{"connect":{}}',
    '{"id":1,"connect":{},"subscribe":{"channel":"a"}}',
    '{"id":1,"connect":{}}{"id":2,"connect":{}}',
    '{"id":1,"connect":{}}\nsub#a',
  ])('%j is no command: the frame is refused whole', (text) => {
    expect(() => centrifugeCodec.decode(text)).toThrow(ProtocolError);
    expect(() => centrifugeCodec.decode(text)).toThrow(/^bad request: /);
  });

  test('any text is commands or a ProtocolError, never anything else, and nothing of it is kept', async () => {
    const method = fc.constantFrom(...METHODS, 'other');
    const names = ['channel', 'offset', 'epoch', 'flag', 'data', 'since', 'limit', 'subs', 'token'];
    const key = fc.oneof(fc.constantFrom(...names), fc.string());
    const params = fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue());
    const nearCommand = fc
      .tuple(fc.oneof(fc.nat(), fc.jsonValue()), method, params)
      .map(([id, name, value]) => JSON.stringify({ id, [name]: value }));
    const line = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), nearCommand);
    const holds = fc.property(fc.array(line), (lines) => {
      try {
        for (const command of centrifugeCodec.decode(lines.join('\n'))) {
          expect(TYPES).toContain(command.type);
          if (command.type === 'refused') expect(command.error.message).not.toMatch(ZOD_WORDS);
          if ('data' in command && command.data !== undefined) {
            expect(command.data).not.toMatch(/[\r\n]/);
            JSON.parse(command.data);
          }
          if (command.type !== 'refused') continue;
          expect(JSON.parse(errorReply(command.id, command.error))).toEqual({
            id: command.id,
            error: command.error.toBody(),
          });
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    });
    fc.assert(holds, { numRuns: 5000 });
    const before = await heapInUse();
    fc.assert(holds, { numRuns: 10_000 });
    const left = (await heapInUse()) - before;
    expect(left).toBeLessThan(MAX_LEFT_BYTES);
  });
});

const errorReply = (id: number, error: ProtocolError) =>
  centrifugeCodec.encodeReply({ type: 'error', id, error }) ?? '';
