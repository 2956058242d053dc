import fc from 'fast-check';
import { expect, test } from 'vitest';
import { corsHeaders, preflightHeaders } from './cors.js';

const ORIGIN = 'https://partner.example';

test.each([
  ['', 'anonymous', { Vary: 'Origin' }],
  [ORIGIN, 'refused', { Vary: 'Origin' }],
  [ORIGIN, 'anonymous', { Vary: 'Origin', 'Access-Control-Allow-Origin': ORIGIN }],
  [
    ORIGIN,
    'credentials',
    {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': ORIGIN,
      'Access-Control-Allow-Credentials': 'true',
    },
  ],
] as const)('the answer to a page of %j that is %s', (origin, access, headers) => {
  expect(corsHeaders(origin, access)).toEqual(headers);
});

const USUAL = 'Content-Type, Authorization, Last-Event-ID';
const names = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}`);

test.each([
  ['cache-control,x-requested-with,traceparent', 'cache-control, x-requested-with, traceparent'],
  [' X-A ,x-b', 'X-A, x-b'],
  ['', USUAL],
  [',,', USUAL],
  ['x-a: b, x-c', 'x-c'],
  ['x-a\r\nSet-Cookie: a=b', USUAL],
  ['x a,"b",(c),x-d', 'x-d'],
  [`${'x'.repeat(101)},x-a`, 'x-a'],
  [names(64).join(), names(64).join(', ')],
  [names(65).join(), USUAL],
])('a page that asks for the headers %j may send %j', (requested, allowed) => {
  expect(preflightHeaders('POST', requested)['Access-Control-Allow-Headers']).toBe(allowed);
});

test('for any requested headers, only header names are answered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (requested) => {
      const allowed = preflightHeaders('GET', requested)['Access-Control-Allow-Headers'] ?? '';
      expect(allowed).toMatch(/^[\w!#$%&'*+.^`|~-]+(, [\w!#$%&'*+.^`|~-]+)*$/);
    }),
    { numRuns: 5000 },
  );
});
