import { expect, test } from 'vitest';
import { AccessClosedError, HookRefusal } from './access.js';
import { readConnectAnswer, readRpcAnswer, readSubscribeAnswer } from './hook-answers.js';
import fc from 'fast-check';

const base64 = fc.oneof(
  fc.base64String(),
  fc.json().map((text) => Buffer.from(text).toString('base64')),
);
const code = fc.oneof(fc.integer({ min: 0, max: 6000 }), fc.jsonValue());
const MEMBERS = {
  user: fc.oneof(fc.string(), fc.jsonValue()),
  data: fc.jsonValue(),
  b64data: fc.oneof(base64, fc.jsonValue()),
  info: fc.jsonValue(),
  b64info: fc.oneof(base64, fc.jsonValue()),
  meta: fc.jsonValue(),
  expire_at: fc.oneof(fc.integer(), fc.double(), fc.jsonValue()),
  channels: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
  override: fc.dictionary(fc.constantFrom('presence', 'recover', 'x'), fc.jsonValue()),
};
const subs = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a', 'a:*')),
  fc.oneof(fc.record(MEMBERS, { requiredKeys: [] }), fc.jsonValue()),
);
const result = fc.oneof(
  // One invalid member makes the whole result invalid, so only a few are generated.
  fc.dictionary(fc.constantFrom('user', 'meta', 'info', 'data'), fc.string(), { maxKeys: 2 }),
  fc.record({ ...MEMBERS, subs }, { requiredKeys: [] }),
  fc.jsonValue(),
);
const refusal = fc.oneof(
  fc.record({ code, message: fc.string(), reason: fc.string() }, { requiredKeys: ['code'] }),
  fc.jsonValue(),
);
const answer = fc.oneof(
  fc.record({ result }),
  fc.record({ error: refusal }),
  fc.record({ disconnect: refusal }),
  fc.record({ result, error: refusal, disconnect: refusal }, { requiredKeys: [] }),
  fc.jsonValue(),
);

/** The JSON text on one line or on several. */
const text = fc
  .tuple(answer, fc.constantFrom(undefined, 1))
  .map(([value, space]) => JSON.stringify(value, null, space));

type Lines = Readonly<Record<string, unknown>>;

function checkLines(from: Lines): void {
  for (const name of ['info', 'data', 'meta']) {
    const line = from[name];
    if (line === undefined) continue;
    expect(line).not.toMatch(/[\n\r]/);
    JSON.parse(line as string);
  }
  expect(Number.isFinite(from['expiresAtMs'] ?? 0)).toBe(true);
}

test.each([
  ['connect', readConnectAnswer],
  ['subscribe', readSubscribeAnswer],
  ['rpc', readRpcAnswer],
])('any answer of a %s hook is accepted, or refused in one sentence', (_, read) => {
  const seen = { found: 0, refusals: 0, closes: 0, failures: 0 };
  const attempt = (json: string) => {
    try {
      return read(JSON.parse(json), json);
    } catch (error) {
      expect((error as Error).message).toMatch(/^its answer (has no result|is not valid: )/);
      return undefined;
    }
  };
  fc.assert(
    fc.property(text, (json) => {
      const found = attempt(json);
      if (found === undefined) seen.failures++;
      else if (found instanceof HookRefusal) {
        seen.refusals++;
        expect(found.code >= 100 && found.code <= 4999).toBe(true);
      } else if (found instanceof AccessClosedError) {
        seen.closes++;
        expect(found.code >= 3000 && found.code <= 4999).toBe(true);
        expect(Buffer.byteLength(found.reason)).toBeLessThanOrEqual(123);
      } else if (typeof found === 'string') {
        seen.found++;
        checkLines({ data: found });
      } else {
        seen.found++;
        const { subs: channels = {}, ...own } = found as Lines & { subs?: Record<string, Lines> };
        for (const lines of [own, ...Object.values(channels)]) checkLines(lines);
      }
    }),
    { numRuns: 5000 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
});
