import { ERRORS, ProtocolError } from '@newswire/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emulationRoute } from './emulation.js';

const MAX_FRAME_BYTES = 1000;
const NODES = ['here', 'there', 'gone', 'slow', 'broken'];
const taken: string[] = [];

const { handle, maxBodyBytes } = emulationRoute({
  uid: 'here',
  maxFrameBytes: MAX_FRAME_BYTES,
  own: (request) => {
    if (request.method !== 'emulate' || request.session !== 's') return { count: 0 };
    taken.push(request.data);
    return { count: 1 };
  },
  control: {
    requestOf: async (uid) => {
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

test('whatever is posted is taken, or refused in one of the documented ways', async () => {
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
