import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelFilter } from './channel-filter.js';

test.each([
  ['*', 'anything:at/all', true],
  ['', 'a', false],
  ['a', 'a', true],
  ['a', 'ab', false],
  ['sports:*', 'sports:77707', true],
  ['sports:*', 'news.sports:1', false],
  ['*:77707', 'sports:77707', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[a-c]1', 'b1', true],
  ['[a-c]1', 'd1', false],
  ['[!a-c]1', 'd1', true],
  ['[!a-c]1', 'a1', false],
  ['[a-]', '-', true],
  ['{sports,chat}:*', 'chat:1', true],
  ['{sports,chat}:*', 'news:1', false],
  ['{a,}b', 'b', true],
  ['**a**', 'xxaxx', true],
  ['*ab*ab', 'abxab', true],
  ['*ab*ab', 'ab', false],
])('%s on %s: %s', (pattern, name, expected) => {
  expect(channelFilter(pattern)(name)).toBe(expected);
});

describe('refuses', () => {
  test.each([
    ['[a', 107, 'a bracket is not closed'],
    ['{a', 107, 'a brace is not closed'],
    ['{a,{b,c}}', 107, 'is nested'],
    ['a'.repeat(513), 106, 'more than 512 characters'],
    ['{a,b}'.repeat(7), 106, 'too many alternatives'],
  ])('%s', (pattern, code, message) => {
    expect(() => channelFilter(pattern)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

test('agrees with a regular expression', () => {
  const characters = fc.constantFrom('a', 'b', ':', '*', '?');
  const pattern = fc.array(characters, { maxLength: 8 }).map((all) => all.join(''));
  const name = fc
    .array(fc.constantFrom('a', 'b', ':'), { maxLength: 12 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(pattern, name, (glob, text) => {
      const source = glob.replaceAll('*', '.*').replaceAll('?', '.');
      expect(channelFilter(glob)(text)).toBe(new RegExp(`^${source}$`).test(text));
    }),
    { numRuns: 5000 },
  );
});

test('a pattern made to take forever does not', () => {
  const isMeant = channelFilter(`${'*a'.repeat(255)}b`);
  expect(isMeant('a'.repeat(255))).toBe(false);
});
