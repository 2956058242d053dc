import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '@newswire/protocol';
import { plainSseRequest, plainSseCodec, readBlocks, readEventId, toEventId } from './codec.js';

const ask = (channels: string, { token = '', lastEventId = '' } = {}) =>
  plainSseCodec.decode(plainSseRequest({ channels, token, lastEventId }));

describe('a request', () => {
  test('connects, and subscribes to each channel once', () => {
    expect(ask('a|b|a', { token: 't' })).toMatchObject([
      { type: 'connect', token: 't' },
      {
        type: 'subscribe',
        requests: [
          { channel: 'a', since: { type: 'now' } },
          { channel: 'b', since: { type: 'now' } },
        ],
      },
    ]);
  });

  test('resumes at the positions of the last id, in any order', () => {
    const [, subscribe] = ask('a|b|c', { lastEventId: 'b,7,e2|x,1,e|a,3,e1' });
    expect(subscribe).toMatchObject({
      requests: [
        { channel: 'a', since: { position: { offset: 3, epoch: 'e1' } } },
        { channel: 'b', since: { position: { offset: 7, epoch: 'e2' } } },
        { channel: 'c', since: { type: 'now' } },
      ],
    });
  });

  test.each([
    ['no channel', ['']],
    ['a bad name', ['no good']],
    ['the name of another event', ['a|gap']],
    ['the name of an event of EventSource', ['error']],
    ['an id that is none', ['a', { lastEventId: '17' }]],
    ['an id without an epoch', ['a', { lastEventId: 'a,1,' }]],
  ] as const)('with %s is refused with 107', (_, request) => {
    expect(() => ask(...(request as [string]))).toThrow(
      expect.objectContaining({ code: 107 }) as Error,
    );
  });

  test('for more channels than an id has room for is refused with 106', () => {
    const channels = Array.from({ length: 20 }, (_, i) => `${'x'.repeat(240)}${i}`).join('|');
    expect(() => ask(channels)).toThrow(expect.objectContaining({ code: 106 }) as Error);
  });
});

test('any last id is read, or refused with 107', () => {
  const part = fc.stringMatching(/^[a-z,0-9|:é ]{0,12}$/);
  fc.assert(
    fc.property(fc.oneof(part, fc.string()), (id) => {
      try {
        const positions = readEventId(id);
        expect(readEventId(toEventId(positions))).toEqual(positions);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 20_000 },
  );
});

test('any data makes one block with one event, whose lines are its lines', () => {
  const data = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\n', '\n\n', '\r\n\r'));
  fc.assert(
    fc.property(data, (text) => {
      const frame = plainSseCodec.encodePublication('a', { offset: 7, data: JSON.stringify(text) });
      const [block, ...others] = readBlocks(frame);
      expect(others).toEqual([]);
      const lines = text.toWellFormed().split(/\r\n|\r|\n/);
      const fields = ['event: a', ...lines.map((line) => `data: ${line}`)].join('\n');
      expect(block).toEqual({
        type: 'position',
        channel: 'a',
        offset: 7,
        epoch: undefined,
        fields,
      });
    }),
    { numRuns: 5000 },
  );
});

test('other values than strings are sent as JSON text', () => {
  const frame = plainSseCodec.encodePublication('a', { offset: 1, data: '{"b":[1.50,"x\\n"]}' });
  expect(frame).toBe('a 1\nevent: a\ndata: {"b":[1.50,"x\\n"]}\n\n');
});

describe('a subscription that begins', () => {
  const start = {
    type: 'subscribed',
    id: 2,
    channel: 'a',
    position: { offset: 5, epoch: 'e' },
    positioning: 'recoverable',
    wasRecovering: true,
    recovered: true,
    publications: [{ offset: 6, data: '"six"' }],
  } as const;

  test('says where, with what was missed', () => {
    const frame = plainSseCodec.encodeReply(start);
    expect(frame).toBe('a 5 e\n\na 6\nevent: a\ndata: six\n\n');
  });

  test('says that something is missing', () => {
    const gap = { ...start, recovered: false, publications: [] };
    expect(plainSseCodec.encodeReply(gap)).toBe('a 5 e\nevent: gap\ndata: a\n\n');
    const fresh = { ...gap, wasRecovering: false };
    expect(plainSseCodec.encodeReply(fresh)).toBe('a 5 e\n\n');
  });
});

test('a channel name may have commas, in an id and in a block', () => {
  const positions = new Map([
    ['a,1', { offset: 2, epoch: 'e' }],
    ['b;c,2,3', { offset: 4, epoch: 'f' }],
  ]);
  expect(readEventId(toEventId(positions))).toEqual(positions);
  const frame = plainSseCodec.encodePublication('a,1', { offset: 2, data: '3' });
  expect(readBlocks(frame)).toMatchObject([{ channel: 'a,1', offset: 2 }]);
});
