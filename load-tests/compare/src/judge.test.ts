import { expect, test } from 'vitest';
import { faultOf, sentenceOf } from './judge.js';
import { resultOf } from '../test/result-of.js';

test('who delivers everything once and in order is without fault', () => {
  expect(faultOf(resultOf({ stalls: 1 }))).toBe('');
});

test.each([
  [{ lost: 12 }, 'lost 12'],
  [{ lost: 12, undrained: 5 }, 'lost 12, of which 5 only came late'],
  [{ doubled: 1, reordered: 2 }, 'doubled 1; reordered 2'],
  [{ publishes_refused: 3, first_refusal: 'HTTP/1.1 503' }, 'refused 3 publications: HTTP/1.1 503'],
  [{ closes: { 1006: 4, 3008: 1 } }, 'closed its subscribers: 1006 × 4, 3008 × 1'],
  [{ publishers_closed: 1 }, 'closed the connection of its publisher'],
])('%o is said', (changes, phrase) => {
  expect(faultOf(resultOf(changes))).toBe(phrase);
});

test('an error is one line, and never nothing', () => {
  expect(sentenceOf(new Error('it ended:\n  at once\n'))).toBe('it ended: at once');
  expect(sentenceOf(new Error(''))).toBe('it failed without a word');
  expect(sentenceOf(new Error('x'.repeat(5000))).length).toBeLessThan(500);
});
