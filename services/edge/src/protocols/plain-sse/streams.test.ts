import { type Frame, ProtocolError } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { plainSseCodec } from './codec.js';
import { plainSseEndpoint } from './streams.js';
import fc from 'fast-check';

const endpoint = plainSseEndpoint({
  refuse: () => undefined,
  handleOpen: () => {
    throw new Error('nothing opens here');
  },
});

const name = fc.constantFrom('channels', 'channels', 'token', 'last_event_id', 'other', '');
const value = fc.oneof(
  fc.constantFrom('a', 'a|b', 'a:b|c', 'gap', '', '|', 'a+b', '%', '%ff', 'a,1,e', 'a,1,e|b,2,f'),
  fc.string({ unit: 'binary' }),
  fc.string().map(encodeURIComponent),
  fc.constant('x'.repeat(16_000)),
);
const query = fc
  .array(fc.tuple(name, value), { maxLength: 4 })
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));
const header = fc.oneof(value, fc.constantFrom('Bearer abc', 'Bearer', 'Basic abc', ''));
const request = fc.record({
  query,
  headers: fc.record({ 'last-event-id': header, authorization: header }, { requiredKeys: [] }),
  body: fc.constant(''),
});

/** Returns undefined if the frame is refused. */
function typesIn(frame: Frame): string[] | undefined {
  try {
    return plainSseCodec.decode(frame).map(({ type }) => type);
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return undefined;
  }
}

test('any address and headers are accepted or refused', () => {
  const seen = { refused: 0, wrong: 0, right: 0 };
  fc.assert(
    fc.property(request, (asked) => {
      const answer = endpoint.accept(asked);
      if ('status' in answer) {
        seen.refused++;
        expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
          400,
          { error: { code: 107 } },
        ]);
        return;
      }
      const types = typesIn(answer.firstFrame);
      if (types === undefined) seen.wrong++;
      else {
        expect(['connect', 'connect subscribe']).toContain(types.join(' '));
        seen.right++;
      }
    }),
    { numRuns: 10_000 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
});
