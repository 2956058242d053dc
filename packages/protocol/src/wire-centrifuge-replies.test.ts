import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { centrifugeWire, ERRORS, ProtocolError, toJsonLine } from './index.js';

describe('publications', () => {
  test('a push of one line', () => {
    const frame = centrifugeWire.encode('a:1', { offset: 7, data: '{"x":1}' });
    expect(frame).toBe('{"push":{"channel":"a:1","pub":{"data":{"x":1},"offset":7}}}');
  });

  test('any data makes one valid line of JSON that carries it', () => {
    const data = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(data, fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value, offset) => {
        const line = toJsonLine(value);
        const frame = centrifugeWire.encode('a', { offset, data: line });
        expect(frame).not.toMatch(/[\n\r]/);
        expect(JSON.parse(frame)).toEqual({
          push: { channel: 'a', pub: { data: JSON.parse(line) as unknown, offset } },
        });
      }),
    );
  });
});

describe('replies', () => {
  const parsed = (reply: Parameters<typeof centrifugeWire.encodeReply>[0]) =>
    JSON.parse(centrifugeWire.encodeReply(reply) ?? 'null') as unknown;
  const position = { offset: 5, epoch: 'e' };

  test.each([
    [25_000, 25],
    [100, 1],
    [1001, 2],
  ])('connected, with a ping each %i ms told as %i s', (pingIntervalMs, ping) => {
    const reply = { type: 'connected', id: 1, client: 'c', version: '0.1.0', pingIntervalMs };
    expect(parsed(reply as never)).toEqual({
      id: 1,
      connect: { client: 'c', version: '0.1.0', ping, pong: true },
    });
  });

  test('subscribed from now on', () => {
    const reply = { id: 2, channel: 'a', position, recovered: undefined, publications: [] };
    expect(parsed({ type: 'subscribed', ...reply })).toEqual({
      id: 2,
      subscribe: { recoverable: true, positioned: true, offset: 5, epoch: 'e' },
    });
  });

  test.each([true, false])('subscribed from a position, recovered %j', (recovered) => {
    const publications = [
      { offset: 6, data: '"x"' },
      { offset: 7, data: '{"y":[]}' },
    ];
    const reply = { id: 2, channel: 'a', position, recovered, publications };
    expect(parsed({ type: 'subscribed', ...reply })).toEqual({
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
          { offset: 7, data: { y: [] } },
        ],
      },
    });
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
    expect(centrifugeWire.encodeReply({ type: 'error', id: 0, error })).toBeUndefined();
  });
});
