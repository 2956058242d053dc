import { ERRORS } from '@newswire/protocol';
import fc from 'fast-check';
import { expect } from 'vitest';
import { z } from 'zod';
import { REFUSALS } from '../../src/api/openapi.js';
import { SHAPES, type MethodName } from '../../src/api/shapes/index.js';
import type { MethodShape } from '../../src/api/shapes/method-shape.js';

/** The API key that requests of `anyHeaders` know, or not. */
export const KEY = 'the-key-of-this-test';

const methods = Object.keys(SHAPES) as MethodName[];

const ERROR = z.strictObject({
  error: z.strictObject({
    code: z.literal(Object.values(ERRORS).map(({ code }) => code)),
    message: z.string().max(1000),
    temporary: z.literal(true).optional(),
  }),
});

/** Fails where an answer is not what the documents say of the method, or of errors. */
export function checkAnswer(method: MethodName, status: number, body: string): void {
  const answer: unknown = JSON.parse(body);
  const { result } = SHAPES[method];
  const documented = z.union([ERROR, method === 'batch' ? result : z.strictObject({ result })]);
  const checked = documented.safeParse(answer);
  expect([method, answer, checked.error?.issues]).toEqual([method, answer, undefined]);
  expect(['200', ...Object.keys(REFUSALS)]).toContain(`${status}`);
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string(),
  fc.constantFrom('', 'a', 'a:b', 'sports:*', '[', '{', '{a,b}', 'x'.repeat(70_000)),
  fc.base64String(),
  fc
    .jsonValue({ maxDepth: 1 })
    .map((value) => Buffer.from(JSON.stringify(value)).toString('base64')),
);

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -1, 1, 3000, 4999, 2 ** 53, 1e308),
);

const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: number },
  fc.constantFrom(null, true, false),
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(text, { maxLength: 5 }),
  fc.dictionary(text, text, { maxKeys: 5 }),
  fc.record({ offset: number, epoch: text, code: number, reason: text }, { requiredKeys: [] }),
);

const position = fc.record({ offset: fc.nat(9), epoch: fc.string() });

/** Values that fields take; anything else stands in each of them too. */
const GOOD: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  channel: fc.constantFrom('a', 'b:c', 'quiet:1'),
  channels: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 5 }),
  data: fc.option(fc.jsonValue({ maxDepth: 2 }), { freq: 2, nil: undefined }),
  info: fc.jsonValue({ maxDepth: 2 }),
  b64data: fc.constantFrom('', 'MQ==', 'dGV4dA=='),
  b64info: fc.constantFrom('', 'MQ=='),
  tags: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  idempotency_key: fc.option(fc.constantFrom('k', 'l'), { freq: 1, nil: undefined }),
  user: fc.constant('u'),
  client: fc.constant('c'),
  limit: fc.integer({ min: -1, max: 9 }),
  since: position,
  recover_since: position,
  disconnect: fc.record({ code: fc.integer({ min: 3000, max: 4999 }), reason: fc.string() }),
  expire_at: fc.nat(),
  pattern: fc.constantFrom('', '*', 'a{b,}', '[!a]'),
};

/** Parameters of a method: often right, sometimes with wrong values, or fields it has not. */
function arbitraryParams(method: MethodName): fc.Arbitrary<object> {
  const { params, notOffered } = SHAPES[method] as MethodShape;
  const fields = Object.keys((params as z.ZodObject).shape).map((name) => {
    const good = GOOD[name] ?? fc.boolean();
    return [name, fc.oneof({ weight: 9, arbitrary: good }, value)] as const;
  });
  const others = fc.constantFrom(
    ...Object.keys(notOffered ?? {}),
    '__proto__',
    'constructor',
    'dat',
  );
  const wrong = fc.oneof(
    { weight: 5, arbitrary: fc.constant({}) },
    fc.dictionary(others, value, { maxKeys: 2 }),
  );
  return fc
    .tuple(fc.record(Object.fromEntries(fields), { requiredKeys: [] }), wrong)
    .map(([right, more]) => ({ ...right, ...more }));
}

const method = fc.constantFrom(...methods);

const command = fc.oneof(
  {
    weight: 8,
    arbitrary: method.chain((name) => arbitraryParams(name).map((it) => ({ [name]: it }))),
  },
  fc.dictionary(fc.constantFrom(...methods, 'nothing'), value, { maxKeys: 2 }),
  value,
);

const batch = fc.record({ commands: fc.array(command, { maxLength: 8 }), parallel: fc.boolean() });

const anyBody = fc.oneof(
  fc.jsonValue().map((any) => JSON.stringify(any)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    `{"channel":"a","data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    '['.repeat(100_000),
    '{"channel":"a","channel":"b","data":1,"data":"2"}',
    '{"__proto__":{"channel":"a"},"data":1}',
  ),
);

/** A method and a body: about half of them are as they should be. */
export const anyRequest = method.chain((name) =>
  fc.record({
    name: fc.constant(name),
    body: fc.oneof(
      {
        weight: 8,
        arbitrary: (name === 'batch' ? batch : arbitraryParams(name)).map((it) =>
          JSON.stringify(it),
        ),
      },
      anyBody,
    ),
  }),
);

export const anyHeaders = fc.record(
  {
    origin: fc.constantFrom('', '', '', 'null', 'http://localhost'),
    'x-api-key': fc.constantFrom(KEY, KEY, '', 'other'),
    authorization: fc.constantFrom('', `apikey ${KEY}`, 'Bearer x'),
    'x-centrifugo-error-mode': fc.constantFrom('', 'transport', 'other'),
  },
  { requiredKeys: [] },
);
