import { expect, test } from 'vitest';
import { describeFault, toSentence } from './judge.js';
import { createResult } from '../test/create-result.js';

test('a server that delivers everything once and in order has no faults', () => {
  expect(describeFault(createResult({ stalls: 1 }))).toBe('');
});

test.each([
  [{ lost: 12 }, 'lost 12'],
  [{ lost: 12, undrained: 5 }, 'lost 12, of which 5 only came late'],
  [{ doubled: 1, reordered: 2 }, 'doubled 1; reordered 2'],
  [{ publishes_refused: 3, first_refusal: 'HTTP/1.1 503' }, 'refused 3 publications: HTTP/1.1 503'],
  [{ closes: { 1006: 4, 3008: 1 } }, 'closed its subscribers: 1006 × 4, 3008 × 1'],
  [{ publishers_closed: 1 }, 'closed the connection of its publisher'],
])('%o is said', (changes, phrase) => {
  expect(describeFault(createResult(changes))).toBe(phrase);
});

test('an error is one line, and never nothing', () => {
  expect(toSentence(new Error('it ended:\n  at once\n'))).toBe('it ended: at once');
  expect(toSentence(new Error(''))).toBe('it failed without a word');
  expect(toSentence(new Error('x'.repeat(5000))).length).toBeLessThan(500);
});
