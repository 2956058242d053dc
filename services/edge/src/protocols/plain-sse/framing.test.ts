import type { Position } from '@newswire/protocol';
import { SseReader } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { plainSseCodec, readEventId } from './codec.js';
import { PlainSseFraming, PlainSseMemory } from './streams.js';
import fc from 'fast-check';

const CONNECTED = {
  type: 'connected',
  id: 1,
  client: 'c',
  version: '0',
  pingIntervalMs: 1,
} as const;

const connected = plainSseCodec.encodeReply(CONNECTED) ?? '';

function began(channel: string, offset: number, { recovered = true, count = 0 } = {}): string {
  const publications = Array.from({ length: count }, (_, i) => publication(offset + i + 1));
  const frame = plainSseCodec.encodeReply({
    type: 'subscribed',
    id: 2,
    channel,
    position: { offset, epoch: 'e' },
    positioning: 'recoverable',
    wasRecovering: true,
    recovered,
    publications,
  });
  return frame ?? '';
}

function publication(offset: number) {
  return { offset, data: JSON.stringify(`item ${offset}\nof many`) };
}

const news = (channel: string, ...offsets: number[]) =>
  offsets.map((offset) => plainSseCodec.encodePublication(channel, publication(offset))).join('');

function open(channels: readonly string[], positions = new Map<string, Position>()) {
  return new PlainSseFraming(channels, positions, new PlainSseMemory());
}

describe('a stream', () => {
  test('begins when all its channels have begun, with what came until then', () => {
    const framing = open(['a', 'b']);
    expect(framing.frame(connected)).toBe('');
    expect(framing.frame(began('a', 5))).toBe('');
    expect(framing.frame(news('a', 6))).toBe('');
    expect(framing.frame(began('b', 1))).toBe(
      'retry: 2000\n\nid: a,6,e\nevent: a\ndata: item 6\ndata: of many\n\n' +
        'id: a,6,e|b,1,e\nevent: subscribed\ndata: a|b\n\n',
    );
    expect(framing.frame(':\n\n')).toBe(':\n\n');
  });

  test('keeps the position of a channel that has not begun again', () => {
    const positions = readEventId('b,9,old|a,5,e|c,1,e');
    const framing = open(['a', 'b'], positions);
    framing.frame(connected);
    framing.frame(news('a', 6));
    const text = framing.frame(began('b', 3, { recovered: false }));
    expect(text).toContain('id: b,9,old|a,6,e\nevent: a\n');
    expect(text).toContain('id: b,3,e|a,6,e\nevent: gap\ndata: b\n\n');
    expect(text).not.toContain('c,1');
  });

  test('that cannot begin is answered with the error’s status', async () => {
    const framing = open(['a']);
    const { ProtocolError } = await import('@newswire/protocol');
    const error = new ProtocolError('permissionDenied');
    expect(framing.frame(plainSseCodec.encodeReply({ type: 'error', id: 2, error }) ?? '')).toBe(
      '',
    );
    expect(framing.refusal(3509, 'too many errors')).toEqual({
      status: 403,
      body: '{"error":{"code":103,"message":"permission denied"}}',
    });
    expect(open(['a']).refusal(3500, 'invalid token').status).toBe(401);
  });

  test('is the same text for all that stand at the same place', () => {
    const memory = new PlainSseMemory();
    const framings = Array.from({ length: 3 }, () => {
      const framing = new PlainSseFraming(['a', 'b'], new Map(), memory);
      for (const frame of [connected, began('a', 1), began('b', 1)]) framing.frame(frame);
      return framing;
    });
    const [first, second, third] = framings as [PlainSseFraming, PlainSseFraming, PlainSseFraming];
    const one = news('a', 2);
    const text = first.frame(one);
    expect(second.frame(one)).toBe(text);
    second.frame(news('b', 2));
    third.frame(news('b', 2, 3));
    expect(third.frame(one)).toContain('id: a,2,e|b,3,e\n');
    expect(second.frame(news('a', 3))).toContain('id: a,3,e|b,2,e\n');
    expect(first.frame(news('a', 3))).toContain('id: a,3,e|b,1,e\n');
  });
});

const CHANNELS = ['a', 'b', 'c'];

test('wherever a stream is cut, the last id says exactly what was had', () => {
  const step = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 3 }));
  const property = fc.property(
    fc.array(step, { maxLength: 12 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
    (steps, cuts) => {
      const logs = new Map(CHANNELS.map((channel) => [channel, 0]));
      const had = new Map(CHANNELS.map((channel) => [channel, 0]));
      let lastId = 'a,0,e|b,0,e|c,0,e';
      const memory = new PlainSseMemory();
      for (const cut of [...cuts, 1]) {
        const positions = readEventId(lastId);
        const framing = new PlainSseFraming(CHANNELS, positions, memory);
        let text = framing.frame(connected);
        for (const [channel, { offset }] of positions) {
          text += framing.frame(
            began(channel, offset, { count: (logs.get(channel) ?? 0) - offset }),
          );
        }
        for (const [channel, count] of steps) {
          const from = logs.get(channel) ?? 0;
          logs.set(channel, from + count);
          const offsets = Array.from({ length: count }, (_, i) => from + i + 1);
          text += framing.frame(news(channel, ...offsets));
        }
        const reader = new SseReader();
        reader.push(text.slice(0, Math.round(text.length * cut)));
        for (const { type, data } of reader.events) {
          if (type === 'subscribed') continue;
          expect(data).toBe(`item ${(had.get(type) ?? 0) + 1}\nof many`);
          had.set(type, (had.get(type) ?? 0) + 1);
        }
        lastId = reader.lastId || lastId;
        for (const [channel, { offset }] of readEventId(lastId)) {
          expect(offset).toBe(had.get(channel));
        }
      }
      expect(had).toEqual(logs);
    },
  );
  fc.assert(property, { numRuns: 500 });
});
