import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rawMember, rawMembers, toOneLine } from './raw-member.js';

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

test('all members at once are what each is by itself', () => {
  expect([
    ...rawMembers('{"a": 1.50,"__proto__":{},\n"\u0061":[1147953659032899584,\n2] }'),
  ]).toEqual([
    ['a', '[1147953659032899584, 2]'],
    ['__proto__', '{}'],
  ]);
  expect(rawMembers(' { } ').size).toBe(0);
});

test('all members at once agree with JSON.parse, also where names come twice', () => {
  const name = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.string());
  const members = fc.array(fc.tuple(name, fc.jsonValue()));
  fc.assert(
    fc.property(members, fc.constantFrom('', ' ', '\n'), (pairs, space) => {
      const texts = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
      const json = `{${space}${texts.join(`${space},${space}`)}${space}}`;
      const parsed = [...rawMembers(json)].map(([key, raw]) => [key, JSON.parse(raw) as unknown]);
      expect(Object.fromEntries(parsed)).toEqual(JSON.parse(json));
      for (const [key, raw] of rawMembers(json)) expect(raw).toBe(rawMember(json, key));
    }),
    { numRuns: 2000 },
  );
});

test('any JSON text goes on one line unchanged; a string is encoded again', () => {
  expect(toOneLine(' [1.50,\r\n2]\n')).toBe('[1.50,  2]');
  expect(toOneLine(' "\\u0041\\ud800" ')).toBe('"A\\ud800"');
});
