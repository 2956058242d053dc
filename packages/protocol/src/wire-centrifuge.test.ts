import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { centrifugeWire, FROM_NOW, ProtocolError } from './index.js';

const decode = (...commands: unknown[]) =>
  centrifugeWire.decode(commands.map((command) => JSON.stringify(command)).join('\n'));

/** The one error that a command is refused with. */
function refusalOf(command: unknown): { id: number; code: number; message: string } {
  const [refused, ...others] = decode(command);
  expect(others).toEqual([]);
  if (refused?.type !== 'refused') throw new Error(`not refused: ${JSON.stringify(refused)}`);
  return { id: refused.id, code: refused.error.code, message: refused.error.message };
}

const subscribe = (id: number, channel: string, more: object = {}) => ({
  type: 'subscribe',
  id,
  requests: [{ channel, since: FROM_NOW, mustRecover: false, ...more }],
});

describe('commands', () => {
  test('connect, whatever it says of the client', () => {
    expect(decode({ id: 1, connect: {} })).toEqual([{ type: 'connect', id: 1 }]);
    const connect = { token: '', data: { a: 1 }, subs: {}, name: 'js', version: '5' };
    expect(decode({ connect, id: 7 })).toEqual([{ type: 'connect', id: 7 }]);
  });

  test('subscribe from now on', () => {
    expect(decode({ id: 2, subscribe: { channel: 'a' } })).toEqual([subscribe(2, 'a')]);
    const unknown = { channel: 'a', token: 't', positioned: true, recover: false, offset: 3 };
    expect(decode({ id: 2, subscribe: unknown })).toEqual([subscribe(2, 'a')]);
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

  test('a pong is {}, alone or among others; what is sent without an answer is passed over', () => {
    expect(centrifugeWire.decode('{}')).toEqual([{ type: 'pong' }]);
    expect(centrifugeWire.decode(' {} \r\n')).toEqual([{ type: 'pong' }]);
    expect(decode({ send: { data: 1 } })).toEqual([]);
    expect(centrifugeWire.decode('')).toEqual([]);
  });

  test('a frame has several commands, in order; those beside a refused one stay', () => {
    const frame = [
      '{"id":1,"connect":{}}',
      '',
      '{"id":2,"subscribe":{"channel":"no no"}}',
      '{}',
      '{"id":3,"subscribe":{"channel":"b"}}\n',
    ];
    expect(centrifugeWire.decode(frame.join('\n'))).toEqual([
      { type: 'connect', id: 1 },
      { type: 'refused', id: 2, error: expect.any(ProtocolError) },
      { type: 'pong' },
      subscribe(3, 'b'),
    ]);
  });
});

describe('refusals', () => {
  test.each([
    [{}, 'channel: Invalid input: expected string, received undefined'],
    [{ channel: 5 }, 'channel: Invalid input: expected string, received number'],
    [{ channel: '' }, 'a channel name is empty'],
    [{ channel: 'a', offset: -1 }, 'offset: '],
    [{ channel: 'a', offset: 1.5 }, 'offset: '],
    [{ channel: 'a', offset: '1' }, 'offset: '],
    [{ channel: 'a', epoch: 'e'.repeat(65) }, 'epoch: '],
    [{ channel: 'a', recover: 1 }, 'recover: '],
    [{ channel: 'a', flag: 'x' }, 'flag: '],
    [null, 'parameters: '],
    [[], 'parameters: '],
  ])('subscribe %j: 107, with what is wrong', (params, words) => {
    const { id, code, message } = refusalOf({ id: 5, subscribe: params });
    expect([id, code]).toEqual([5, 107]);
    expect(message).toContain(words);
  });

  test('unsubscribe without a channel: 107', () => {
    expect(refusalOf({ id: 5, unsubscribe: {} })).toMatchObject({ id: 5, code: 107 });
  });

  test.each(['publish', 'presence', 'presence_stats', 'history', 'rpc', 'refresh', 'sub_refresh'])(
    '%s is known and not available: 108',
    (method) => {
      expect(refusalOf({ id: 6, [method]: {} })).toEqual({
        id: 6,
        code: 108,
        message: `not available: ${method}`,
      });
    },
  );

  test.each(['ping', 'Subscribe', '__proto__', 'constructor', 'x'.repeat(1000), ''])(
    'method %.20j is unknown: 104',
    (method) => {
      const command = `{"id":6,${JSON.stringify(method)}:{}}`;
      const [refused] = centrifugeWire.decode(command);
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
    expect(() => centrifugeWire.decode(text)).toThrow(ProtocolError);
    expect(() => centrifugeWire.decode(text)).toThrow(/^bad request: /);
  });

  test('any text is commands or a ProtocolError, never anything else', () => {
    const method = fc.constantFrom('connect', 'subscribe', 'unsubscribe', 'rpc', 'send', 'other');
    const key = fc.oneof(fc.constantFrom('channel', 'offset', 'epoch', 'flag'), fc.string());
    const params = fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue());
    const nearCommand = fc
      .tuple(fc.oneof(fc.nat(), fc.jsonValue()), method, params)
      .map(([id, name, value]) => JSON.stringify({ id, [name]: value }));
    const line = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), nearCommand);
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          for (const command of centrifugeWire.decode(lines.join('\n'))) {
            expect(['connect', 'subscribe', 'unsubscribe', 'pong', 'refused']).toContain(
              command.type,
            );
            if (command.type !== 'refused') continue;
            expect(JSON.parse(errorReply(command.id, command.error))).toEqual({
              id: command.id,
              error: command.error.toBody(),
            });
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const errorReply = (id: number, error: ProtocolError) =>
  centrifugeWire.encodeReply({ type: 'error', id, error }) ?? '';
