import { heapInUse } from '@newswire/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '@newswire/protocol';
import { encodeCommands, type ProtoMembers } from '../../../test/rig/protobuf.js';
import { centrifugeCodec } from '../centrifuge/protocol.js';
import { decodeEmulation } from './decode.js';
import { centrifugeProtobufCodec } from './protocol.js';

const decode = (frame: Uint8Array) => centrifugeProtobufCodec.decode(frame);

/** Data as JSON values: bytes in Protobuf, and as it is in JSON. */
function inProtobuf(command: ProtoMembers): ProtoMembers {
  const entries = Object.entries(command).map(([name, params]) => {
    if (typeof params !== 'object' || params === null || !('data' in params)) return [name, params];
    return [name, { ...params, data: Buffer.from(JSON.stringify(params.data)) }];
  });
  return Object.fromEntries(entries) as ProtoMembers;
}

/** What a codec makes of a frame; errors by their code and text. */
function outcome(decodeFrame: () => readonly unknown[]): unknown {
  try {
    return decodeFrame();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

const id = fc.constantFrom(1, 2, 0xffff_ffff, 0);
const channel = fc.constantFrom('a', 'sports:1', 'sports:*', 'no good', 'x'.repeat(256));
const word = fc.oneof(fc.constantFrom('t', 'x'.repeat(255), 'x'.repeat(256)), fc.string());
const name = fc.oneof(fc.constantFrom('a', '__proto__', 'toString'), fc.string());
const offset = fc.constantFrom(1, 127, 128, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER);
const epoch = fc.constantFrom('e', 'x'.repeat(64), 'x'.repeat(65));
const yes = fc.constant(true);
const data = fc.jsonValue();
const optional = <T extends object>(
  record: { [K in keyof T]: fc.Arbitrary<T[K]> },
  key?: keyof T,
) => fc.record(record, { requiredKeys: key === undefined ? [] : [key] });

const since = { recover: yes, offset, epoch };
const commands = fc.oneof(
  fc.record({
    id,
    connect: optional({
      token: word,
      data,
      name: word,
      version: word,
      headers: fc.dictionary(name, word, { noNullPrototype: true }),
      subs: fc.dictionary(name, optional(since), { noNullPrototype: true }),
    }),
  }),
  fc.record({
    id,
    subscribe: optional(
      {
        channel,
        token: word,
        data,
        ...since,
        positioned: yes,
        recoverable: yes,
        join_leave: yes,
        delta: fc.constantFrom('fossil', 'other'),
        flag: fc.constantFrom(1, 2, 3, -1),
        type: fc.constantFrom(1, 4, -1),
        tf: fc.oneof(
          fc.constant({ key: 'a', cmp: 'in', vals: ['x', ''] }),
          fc.constant({ op: 'not', nodes: [{ key: 'a', cmp: 'eq', val: 'é' }] }),
          fc.constant({
            op: 'or',
            nodes: [
              { key: 'a', cmp: 'ex' },
              { key: 'b', cmp: 'nex' },
            ],
          }),
          fc.constant({ key: 'a', cmp: 'like', val: 'x' }),
          fc.constant({}),
        ),
      },
      'channel',
    ),
  }),
  fc.record({ id, unsubscribe: fc.record({ channel }) }),
  fc.record({ id, publish: optional({ channel, data }, 'channel') }),
  fc.record({ id, presence: fc.record({ channel }) }),
  fc.record({ id, presence_stats: fc.record({ channel }) }),
  fc.record({
    id,
    history: optional(
      {
        channel,
        limit: fc.constantFrom(1, -1, -2, 1000),
        since: optional({ offset, epoch }),
        reverse: yes,
      },
      'channel',
    ),
  }),
  fc.record({ id, ping: fc.constant({}) }),
  fc.record({ id, rpc: optional({ method: word, data }) }),
  fc.record({ id, send: optional({ data }) }),
  fc.record({ id, refresh: optional({ token: word }) }),
  fc.record({
    id,
    sub_refresh: optional({ channel, token: word, type: fc.constantFrom(1, 2) }, 'channel'),
  }),
  fc.record({ id }),
  fc.record({ id, presence: fc.record({ channel }), history: fc.record({ channel }) }),
);

describe('Protobuf and JSON', () => {
  test('the same commands in both encodings are decoded and refused alike', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(commands, { minLength: 1, maxLength: 3 }), (all) => {
        const frame = encodeCommands(...all.map((each) => inProtobuf(each as ProtoMembers)));
        // Protobuf has no way to write zero, so an id of zero is none.
        const lines = all.map((each) => JSON.stringify({ ...each, id: each.id || undefined }));
        const decoded = outcome(() => decode(frame));
        expect(decoded).toEqual(outcome(() => centrifugeCodec.decode(lines.join('\n'))));
        const types = Array.isArray(decoded) ? (decoded as { type: string }[]) : [];
        for (const { type } of types) seen.set(type, (seen.get(type) ?? 0) + 1);
      }),
      { numRuns: 3000 },
    );
    expect([...seen.keys()].toSorted()).toEqual(
      [
        'connect history pong presence presenceStats publish refresh refused rpc send',
        'subRefresh subscribe unsubscribe',
      ].flatMap((line) => line.split(' ')),
    );
  });
});

describe('data', () => {
  const publish = (bytes: Uint8Array) =>
    decode(encodeCommands({ id: 1, publish: { channel: 'a', data: bytes } }))[0];

  test('JSON text stays as it was written, on one line', () => {
    const text = ' {"n": 12345678901234567890,\r\n "é": "\\u00e9"}\n';
    expect(publish(Buffer.from(text))).toEqual({
      type: 'publish',
      id: 1,
      channel: 'a',
      data: '{"n": 12345678901234567890,   "é": "\\u00e9"}',
    });
  });

  test.each([
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['no JSON', Buffer.from('text')],
    ['a byte order mark', Buffer.from('\ufeff1')],
    ['zero bytes', Buffer.alloc(3)],
  ])('published bytes that are %s become base64', (_, bytes) => {
    expect(publish(bytes)).toEqual({
      type: 'publish',
      id: 1,
      channel: 'a',
      data: JSON.stringify(bytes.toString('base64')),
      isBase64: true,
    });
  });

  test('no bytes are no data', () => {
    expect(publish(Buffer.alloc(0))).toMatchObject({ type: 'refused', error: { code: 107 } });
  });

  test.each([
    { id: 3, connect: { data: Buffer.from('text') } },
    { id: 3, subscribe: { channel: 'a', data: Buffer.from('text') } },
    { id: 3, rpc: { data: Buffer.from('text') } },
  ])('data that must be JSON is refused if it is not: %j', (command) => {
    const [refused, pong] = decode(encodeCommands(command, {}));
    expect(refused).toMatchObject({
      type: 'refused',
      id: 3,
      error: { code: 107, message: 'bad request: data is not JSON' },
    });
    expect(pong).toEqual({ type: 'pong' });
  });

  test('a message without a reply cannot be refused alone', () => {
    const frame = encodeCommands({ send: { data: Buffer.from('text') } });
    expect(() => decode(frame)).toThrow('data is not JSON');
  });
});

describe('frames', () => {
  const valid = encodeCommands({ id: 1, connect: { token: 'töken' } }, {});

  test('a frame that is cut off is refused as a whole', () => {
    for (let end = 1; end < valid.length - 1; end++) {
      expect(() => decode(valid.subarray(0, end))).toThrow(ProtocolError);
    }
    expect(decode(valid.subarray(0, -1))).toHaveLength(1);
    expect(decode(Buffer.alloc(0))).toEqual([]);
  });

  test.each([
    ['a field of another type', [4, 0x0d, 0x01, 0x22, 0x00]],
    ['text that is not UTF-8', [5, 0x22, 0x03, 0x0a, 0x01, 0xff]],
    ['a length beyond the frame', [0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['a length without an end', Array.from({ length: 12 }, () => 0xff)],
    ['a group without an end', [1, 0x7b]],
  ])('%s refuses the frame', (_, bytes) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(/each after its length/);
  });

  test('fields of later versions are skipped', () => {
    const unknown = Buffer.from([0xc2, 0x3e, 2, 1, 2, 0xc8, 0x3e, 5]);
    const command = encodeCommands({ id: 1, connect: {} });
    const frame = Buffer.concat([
      Buffer.from([command.length - 1 + 8]),
      command.subarray(1),
      unknown,
    ]);
    expect(decode(frame)).toMatchObject([{ type: 'connect', id: 1 }]);
  });

  test('a frame with more than 32 levels is refused', () => {
    let node: object = { key: 'a', cmp: 'ex' };
    const nested = (levels: number) => {
      for (let i = 0; i < levels; i++) node = { op: 'not', nodes: [node] };
      return encodeCommands({ id: 1, subscribe: { channel: 'a', tf: node } });
    };
    expect(decode(nested(25))).toMatchObject([{ type: 'refused', id: 1 }]);
    expect(() => decode(nested(10))).toThrow(/each after its length/);
  });
});

/** The most memory that decoded and refused frames may leave, for code that gets compiled. */
const MAX_LEFT_BYTES = 2_097_152;

test('damaged frames are refused or decoded, and leave nothing', async () => {
  const frames = fc.array(commands, { minLength: 1, maxLength: 3 }).map((all) => {
    return encodeCommands(...all.map((each) => inProtobuf(each as ProtoMembers)));
  });
  const seen = { decoded: 0, refused: 0 };
  const holds = fc.property(frames, fc.nat(), fc.nat(255), (frame, at, byte) => {
    frame[at % frame.length] = byte;
    seen[Array.isArray(outcome(() => decode(frame))) ? 'decoded' : 'refused']++;
  });
  fc.assert(holds, { numRuns: 5000 });
  const before = await heapInUse();
  fc.assert(holds, { numRuns: 10_000 });
  expect((await heapInUse()) - before).toBeLessThan(MAX_LEFT_BYTES);
  expect(seen.decoded).toBeGreaterThan(500);
  expect(seen.refused).toBeGreaterThan(500);
});

test('any body of a request to /emulation is one, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (body) => {
      expect(typeof decodeEmulation(body)).toMatch(/^(object|undefined)$/);
    }),
    { numRuns: 3000 },
  );
});
