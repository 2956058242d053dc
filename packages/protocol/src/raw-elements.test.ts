import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rawElements } from './raw-elements.js';

test('elements stay as they are written', () => {
  expect(rawElements('[ 1.50 ,"],", [1, 2] ,{"a":[]}]')).toEqual([
    '1.50',
    '"],"',
    '[1, 2]',
    '{"a":[]}',
  ]);
  expect(rawElements(' [ ] ')).toEqual([]);
});

test('agree with JSON.parse for any array, however it is laid out', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2, '\t'), (array, indent) => {
      const elements = rawElements(JSON.stringify(array, undefined, indent));
      expect(elements.map((text) => JSON.stringify(JSON.parse(text)))).toEqual(
        array.map((value) => JSON.stringify(value)),
      );
    }),
    { numRuns: 1000 },
  );
});
