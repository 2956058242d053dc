import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDecimals } from './decimal.js';

test.each([
  ['150.25', '100', 1],
  ['-3', '2', -1],
  ['1.10', '1.1', 0],
  ['0.1', '0.10000000000000000000000001', -1],
  ['900719925474099300000001', '900719925474099300000002', -1],
  ['-0', '0', 0],
])('%s and %s', (left, right, sign) => {
  expect(compareDecimals(left, right)).toBe(sign);
  expect(compareDecimals(right, left)).toBe(0 - sign);
});

test.each(['', ' 1', '1e3', '.5', '5.', 'NaN', '0x10', '1'.repeat(257), '1n'])(
  '%.20j is no number',
  (text) => {
    expect(compareDecimals(text, '1')).toBeNaN();
    expect(compareDecimals('1', text)).toBeNaN();
  },
);

test('short and long texts of the same numbers compare the same', () => {
  const number = fc.tuple(fc.integer(), fc.nat(6)).map(([n, digits]) => (n / 1000).toFixed(digits));
  fc.assert(
    fc.property(number, number, (left, right) => {
      const long = (text: string) => `${text}${text.includes('.') ? '' : '.'}${'0'.repeat(20)}`;
      expect(compareDecimals(long(left), right)).toBe(compareDecimals(left, right));
    }),
  );
});
