import { describe, expect, test } from 'vitest';
import { listFiles, readText } from './files.js';

/**
 * Words that this project once used instead of the field's terms, each with the term to use. They
 * are forbidden in comments, in test titles and in documents.
 */
const FORBIDDEN: readonly (readonly [word: RegExp, instead: string])[] = [
  [/turnstiles?/, 'semaphore'],
  [/strangers?/, 'unauthenticated connection'],
  [/doorm[ae]n/, 'connection limiter'],
  [/ow(e|es|ed|ing)(?! to)/, 'lag, expect'],
  [/debts?/, 'lag'],
  [/obey(s|ed|ing)?/, 'execute, handle'],
  [/hear(s|d|ing)?/, 'receive'],
  [/patience/, 'timeouts'],
  [/who(m|so)?ever/, 'any client that …'],
  [/(is|are|was|were|be|been) told/, 'notify, report'],
  [/dialler/, 'dialer'],
  [/anew/, 'again'],
  [/(?<!`|')(no|some)body(?!`|')/, 'no client, a client, …'],
  [/tells?( \w+)? (of|that)/, 'notify, report'],
];

const PATTERNS = FORBIDDEN.map(
  ([{ source }]) => new RegExp(`(?<![\\w-])(?:${source})(?![\\w-])`, 'i'),
);

/** Generated, or about others' words. */
const SKIPPED = /^(docs\/benchmarks|tests\/repository\/)/;

/** Returns the lines of a source file that are comments or test titles. */
function findProse(source: string): string[] {
  const comments = source.matchAll(/\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gms);
  const titles = source.matchAll(
    /^\s*(?:(?:test|it|describe)[\w.]*\(|[^\n]*\]\)\()(['"`])(.*?)\1/gm,
  );
  return [...comments, ...titles].flatMap(([text]) => text.split('\n'));
}

/** Returns each line with a forbidden word, and the term to use instead. */
function findForbidden(lines: readonly string[]): string[] {
  return lines.flatMap((line) =>
    PATTERNS.flatMap((pattern, i) => {
      const [word] = pattern.exec(line) ?? [];
      return word === undefined ? [] : [`"${word}" (say: ${FORBIDDEN[i]?.[1]}) in: ${line.trim()}`];
    }),
  );
}

function findProseOf(path: string): string[] {
  const text = readText(path);
  return path.endsWith('.md') ? text.split('\n') : findProse(text);
}

const CHECKED = listFiles().filter((path) => /\.(ts|md)$/.test(path) && !SKIPPED.test(path));

test('comments, test titles and documents use the terms of the field', () => {
  const found = CHECKED.flatMap((path) =>
    findForbidden(findProseOf(path)).map((line) => `${path}: ${line}`),
  );
  expect(found).toEqual([]);
});

describe('a forbidden word is found', () => {
  test.each([
    ['in a block comment', '/**\n * Whoever waits.\n */'],
    ['in a line comment', 'const a = 1; // it owes nothing'],
    ['in a test title', "test('strangers are refused', () => {"],
    ['in the title of a table of tests', "])('whoever has %s', () => {"],
  ])('%s', (_, source) => {
    expect(findForbidden(findProse(source))).toHaveLength(1);
  });

  test('and code is not searched', () => {
    expect(findForbidden(findProse("const debt = 'heard at http://a';"))).toEqual([]);
  });
});
