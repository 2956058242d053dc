import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rawMember } from './raw-member.js';

test('a value stays as it was written, on one line', () => {
  expect(rawMember('{"data":12345678901234567890}', 'data')).toBe('12345678901234567890');
  expect(rawMember('{ "a" : [1,{"data":2}] ,"data" : 1.50 }', 'data')).toBe('1.50');
  expect(rawMember('{"data":{\n "b": 1,\r\n "a": "x\\ny"\n} }', 'data')).toBe(
    '{  "b": 1,   "a": "x\\ny" }',
  );
  expect(rawMember('{"data":"a,\\"}\\\\"}', 'data')).toBe('"a,\\"}\\\\"');
});

test('the last of several counts, a key may be escaped, and there may be none', () => {
  expect(rawMember('{"data":1,"d\\u0061ta":2}', 'data')).toBe('2');
  expect(rawMember('{}', 'data')).toBeUndefined();
  expect(rawMember(' {"b":1} ', 'data')).toBeUndefined();
});

test('agrees with JSON.parse for any object, however it is laid out', () => {
  const objects = fc.dictionary(fc.oneof(fc.constant('data'), fc.string()), fc.jsonValue());
  fc.assert(
    fc.property(objects, fc.constantFrom(undefined, 2, '\t', '\n'), (object, indent) => {
      const raw = rawMember(JSON.stringify(object, undefined, indent), 'data');
      const expected = Object.hasOwn(object, 'data') ? JSON.stringify(object['data']) : undefined;
      expect(raw === undefined ? raw : JSON.stringify(JSON.parse(raw))).toBe(expected);
      expect(raw ?? '').not.toMatch(/[\r\n]/);
    }),
    { numRuns: 1000 },
  );
});
