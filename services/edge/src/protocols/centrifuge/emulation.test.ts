import { ERRORS, ProtocolError } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { RateLimits } from '../../session/rate-limits.js';
import { emulationRoute } from './emulation.js';
import fc from 'fast-check';
import { encodeEmulation, type ProtoMembers } from '../../../test/rig/protobuf.js';

const MAX_FRAME_BYTES = 1000;
const NODES = ['here', 'there', 'gone', 'slow', 'broken'];
const taken: string[] = [];

const unlimited = { take: () => true, giveBack: () => undefined };

const { handle, maxBodyBytes } = emulationRoute({
  misses: unlimited,
  uid: 'here',
  maxFrameBytes: MAX_FRAME_BYTES,
  own: (request) => {
    if (request.method !== 'emulate' || request.session !== 's') return { count: 0 };
    taken.push(request.data);
    return { count: 1 };
  },
  control: {
    requestFrom: async (uid) => {
      if (uid === 'there') return { count: 1 };
      if (uid === 'broken') throw new ProtocolError('limitExceeded');
      throw new ProtocolError(uid === 'slow' ? 'internal' : 'unknownChannel');
    },
  },
});

const post = async (body: string) => handle({ body, query: '', headers: {} });

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '{}', 'x'.repeat(MAX_FRAME_BYTES + 1), 'é'.repeat(MAX_FRAME_BYTES)),
);
const anyValue = fc.jsonValue({ maxDepth: 2 });
const near = fc.record(
  {
    session: fc.oneof(fc.constant('s'), text, anyValue),
    node: fc.oneof(fc.constantFrom(...NODES), text, anyValue),
    data: fc.oneof(text, anyValue),
    __proto__: anyValue,
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  { weight: 4, arbitrary: near.map((each) => JSON.stringify(each)) },
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constant('['.repeat(2000)),
);

const CODES = Object.values(ERRORS).map(({ code }) => code);

test('any posted body is accepted, or refused with a documented status', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(body, async (given) => {
      const reply = await post(given);
      seen.add(reply.status);
      expect([204, 400, 404, 413, 503]).toContain(reply.status);
      const { error } = JSON.parse(reply.body || '{}') as { error?: { code: number } };
      if (reply.status === 204) expect(reply.body).toBe('');
      else expect(CODES).toContain(error?.code);
    }),
    { numRuns: 10_000 },
  );
  expect([...seen].toSorted((a, b) => a - b)).toEqual([204, 400, 404, 413, 503]);
  expect(taken.every((data) => Buffer.byteLength(data) <= MAX_FRAME_BYTES)).toBe(true);
  expect(maxBodyBytes).toBe(2 * MAX_FRAME_BYTES);
});

test.each([
  [{ session: 's', node: 'here', data: Buffer.from([0xff, 0]) }, 204],
  [{ session: 's', node: 'there', data: Buffer.from([1]) }, 204],
  [{ session: 'other', node: 'here', data: Buffer.from([1]) }, 404],
  [{ session: 's', node: 'here', data: Buffer.alloc(MAX_FRAME_BYTES + 1) }, 413],
  [{ session: 's', data: Buffer.from([1]) }, 400],
  [{ session: 's', node: 'here' }, 400],
])('a request in Protobuf: %j is answered with %d', async (request: ProtoMembers, status) => {
  const bytes = encodeEmulation(request);
  const before = taken.length;
  expect((await handle({ body: '', bytes, query: '', headers: {} })).status).toBe(status);
  const isTaken = status === 204 && request['node'] === 'here';
  expect(taken.slice(before)).toEqual(isTaken ? ['/wA='] : []);
});

test('bytes that are no request are refused', async () => {
  const reply = await handle({ body: '', bytes: Buffer.from('{}'), query: '', headers: {} });
  expect(reply.status).toBe(400);
});

test('an address with many requests for unknown sessions is refused, and no edge is requested', async () => {
  let nowMs = 0;
  const asked: string[] = [];
  const now = () => nowMs;
  const route = emulationRoute({
    uid: 'here',
    maxFrameBytes: MAX_FRAME_BYTES,
    own: () => ({ count: 0 }),
    control: {
      requestFrom: async (uid) => {
        asked.push(uid);
        return { count: uid === 'there' ? 1 : 0 };
      },
    },
    misses: new RateLimits({ perSecond: 2, burst: 5, maxKeys: 100, now }),
  });
  const statuses = async (node: string, address: string, count: number) => {
    const given = JSON.stringify({ session: 's', node, data: '' });
    const request = { body: given, query: '', headers: {}, address };
    const replies = Array.from({ length: count }, async () => route.handle(request));
    return (await Promise.all(replies)).map(({ status }) => status);
  };
  const times = (count: number, status: number) => Array.from({ length: count }, () => status);
  for (let i = 0; i < 3; i++) expect(await statuses('there', '::1', 5)).toEqual(times(5, 204));
  expect(await statuses('gone', '2001:db8::1', 5)).toEqual(times(5, 404));
  expect(await statuses('gone', '2001:db8::2', 2)).toEqual(times(2, 429));
  expect(asked).toHaveLength(20);
  expect(await statuses('here', '2001:db8::1', 1)).toEqual([404]);
  expect(await statuses('there', '192.0.2.1', 1)).toEqual([204]);
  nowMs += 1000;
  expect(await statuses('gone', '2001:db8::1', 3)).toEqual([404, 404, 429]);
});
