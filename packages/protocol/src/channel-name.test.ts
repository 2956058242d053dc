import { expect, test } from 'vitest';
import { checkChannelOrWildcard, isWildcard, findWildcard } from './index.js';

test('a wildcard is a namespace and :*', () => {
  for (const name of ['sports:*', 'a.b/c:*', '77707', 'sports:77707']) {
    expect(() => checkChannelOrWildcard(name)).not.toThrow();
  }
  for (const name of [
    '*',
    ':*',
    'a:b:*',
    'sports:1*',
    'sports:**',
    'sports*',
    '**:*',
    'a b:*',
    '',
  ]) {
    expect(() => checkChannelOrWildcard(name)).toThrow(/^bad request: /);
  }
  expect(['sports:*', 'sports:1', 'sports*'].map(isWildcard)).toEqual([true, false, false]);
  expect(['sports:1', 'a:b:c', 'a'].map(findWildcard)).toEqual(['sports:*', 'a:*', undefined]);
});
