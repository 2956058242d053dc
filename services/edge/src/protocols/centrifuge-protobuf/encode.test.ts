import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BASE64_MARK,
  ERRORS,
  ProtocolError,
  toBase64Line,
  toInfoLine,
  toJsonLine,
  UNSUBSCRIBES,
  type ErrorKind,
  type Publication,
  type Reply,
  type SubscriptionStart,
  type UnsubscribeKind,
} from '@newswire/protocol';
import { decodePushes, decodeReplies, withJsonData } from '../../../test/rig/protobuf.js';
import { centrifugeCodec } from '../centrifuge/protocol.js';
import { centrifugeProtobufCodec, centrifugeProtobufProtocol } from './protocol.js';

const encodePublication = (channel: string, publication: Publication) =>
  centrifugeProtobufCodec.encodePublication(channel, publication);
const encodeReply = (reply: Reply) => centrifugeProtobufCodec.encodeReply(reply);

const member = { client: 'c', user: 'ü', connInfo: '{"a": 1}', chanInfo: '"x"' };
const position = { offset: 300, epoch: 'e' };
const publications: readonly Publication[] = [
  { offset: 299, data: '{"n": 1}' },
  { offset: 300, data: '"ä"', extra: `"tags":{"t":"1"},"info":${toInfoLine(member)}` },
];
const start: SubscriptionStart = {
  channel: 'a',
  position,
  positioning: 'recoverable',
  wasRecovering: true,
  recovered: true,
  publications,
  data: '[1]',
  ttlS: 60,
};

const REPLIES: readonly Reply[] = [
  {
    type: 'connected',
    id: 1,
    client: 'c',
    version: '1',
    pingIntervalMs: 25_500,
    data: '{"a":[]}',
    ttlS: 5,
    subs: [start, { ...start, channel: 'b', positioning: 'positioned', publications: [] }],
    emulation: { session: 's', node: 'n' },
  },
  { type: 'subscribed', id: 0xffff_ffff, ...start },
  { type: 'unsubscribed', id: 1 },
  { type: 'published', id: 1 },
  { type: 'presence', id: 1, members: new Map([['c', member]]) },
  { type: 'presenceStats', id: 1, clients: 2, users: 1 },
  { type: 'history', id: 1, publications, position },
  { type: 'rpc', id: 1, data: 'null' },
  { type: 'refreshed', id: 1, client: 'c', version: '1', ttlS: 60 },
  { type: 'refreshed', id: 1, client: 'c', version: '1', ttlS: undefined },
  { type: 'subRefreshed', id: 1, ttlS: 60 },
  { type: 'resubscribe', channel: 'a' },
  ...(Object.keys(UNSUBSCRIBES) as UnsubscribeKind[]).map(
    (kind) => ({ type: 'ended', channel: 'a', kind }) as const,
  ),
  { type: 'join', channel: 'a', member },
  { type: 'leave', channel: 'a', member: { client: 'c', user: '' } },
  { type: 'message', data: '{"a":1}' },
  { type: 'ping' },
  { type: 'disconnect', code: 3000, reason: 'connection closed' },
  ...(Object.keys(ERRORS) as ErrorKind[]).map(
    (kind) => ({ type: 'error', id: 1, error: new ProtocolError(kind, 'why') }) as const,
  ),
];

/** JSON without the members that are empty, which Protobuf does not send. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== '' && each !== false);
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutEmpty(each)]));
}

describe('replies', () => {
  test.each(REPLIES.map((reply) => [reply.type, reply] as const))(
    '%s has the members that JSON has',
    (_, reply) => {
      const [read, ...others] = decodeReplies(encodeReply(reply) ?? '');
      expect(others).toEqual([]);
      const json = JSON.parse(String(centrifugeCodec.encodeReply(reply))) as unknown;
      expect(withJsonData(read)).toEqual(withoutEmpty(json));
    },
  );

  test('an error without an id has no frame', () => {
    expect(encodeReply({ type: 'error', id: 0, error: new ProtocolError('internal') })).toBe(
      undefined,
    );
  });

  test('a subscription by the server is followed by the publications since its position', () => {
    const frame = encodeReply({ type: 'serverSubscribed', ...start });
    expect(decodeReplies(frame ?? '').map(withJsonData)).toEqual([
      {
        push: {
          channel: 'a',
          subscribe: { recoverable: true, positioned: true, ...position, data: [1] },
        },
      },
      { push: { channel: 'a', pub: { offset: 299, data: { n: 1 } } } },
      { push: { channel: 'a', pub: expect.objectContaining({ offset: 300, data: 'ä' }) } },
    ]);
  });

  test('without positions, a subscription has none', () => {
    const none = { ...start, positioning: 'none', wasRecovering: false, recovered: false } as const;
    const frame = encodeReply({ type: 'subscribed', id: 1, ...none, publications: [] });
    expect(decodeReplies(frame ?? '')).toMatchObject([
      { id: 1, subscribe: { expires: true, ttl: 60, data: Buffer.from('[1]') } },
    ]);
  });
});

describe('publications', () => {
  const extra = `"tags":{"a":"1","b64":"true"},"info":${toInfoLine({ ...member, connInfo: `{${BASE64_MARK}}` })}`;

  test('tags and info are beside the data, and a mark in an info is none', () => {
    const frame = encodePublication('a', { offset: 1, data: '"dGV4dA=="', extra });
    expect(decodePushes(frame)).toEqual([
      {
        offset: 1,
        data: Buffer.from('"dGV4dA=="'),
        tags: { a: '1', b64: 'true' },
        info: {
          user: 'ü',
          client: 'c',
          conn_info: Buffer.from('{"b64":true}'),
          chan_info: Buffer.from('"x"'),
        },
      },
    ]);
  });

  test('the subscriber of a wildcard receives the channel, as a tag too', () => {
    const named = `"channel":"sports:1",${extra}`;
    const [pub] = decodePushes(
      encodePublication('sports:*', { offset: 1, data: '1', extra: named }),
    );
    expect(pub).toMatchObject({ channel: 'sports:1', tags: { a: '1', channel: 'sports:1' } });
  });

  test('bytes that are not JSON arrive as they were published, in replies too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const published = { offset: 7, data: toBase64Line(bytes), extra: BASE64_MARK };
        const [pub] = decodePushes(encodePublication('a', published));
        expect(pub).toEqual({ offset: 7, data: Buffer.from(bytes) });
        const reply = encodeReply({ type: 'history', id: 1, publications: [published], position });
        const [{ history } = {}] = decodeReplies(reply ?? '');
        expect(history).toMatchObject({ publications: [{ data: Buffer.from(bytes) }] });
      }),
    );
  });

  test('any offset and length of data is read again', () => {
    const offset = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0x7f, 0x80, 0x3fff, 0x4000));
    const length = fc.oneof(fc.nat(300), fc.constantFrom(126, 127, 128, 16_380, 16_384, 70_000));
    fc.assert(
      fc.property(offset, length, fc.string({ maxLength: 3 }), (number, size, text) => {
        const data = toJsonLine(text.repeat(3) + 'x'.repeat(size));
        const [pub, ...others] = decodePushes(encodePublication('a', { offset: number, data }));
        expect(others).toEqual([]);
        expect(pub?.data.toString()).toBe(data);
        expect(pub?.offset ?? 0).toBe(number);
      }),
    );
  });

  test('a delta may be of bytes that are no text, and is used if it is shorter', () => {
    const later = centrifugeProtobufProtocol.deltas?.next;
    const bytes = (last: number) => Buffer.from([...Array.from({ length: 300 }, () => 0xfe), last]);
    const [previous, next] = [1, 2].map((offset) => ({
      offset,
      data: toBase64Line(bytes(offset)),
      extra: BASE64_MARK,
    }));
    if (previous === undefined || next === undefined) throw new Error('two were made');
    const [pub] = decodePushes(later?.encodePublication('a', next, previous) ?? '');
    expect(pub?.delta).toBe(true);
    expect(pub?.data.length).toBeLessThan(60);
    const short = { offset: 2, data: '1' };
    expect(decodePushes(later?.encodePublication('a', short, previous) ?? '')).toEqual([
      { offset: 2, data: Buffer.from('1') },
    ]);
  });
});
