import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exists, listFiles, readText } from './files.js';

const FILES = listFiles();
const PAGES = FILES.filter((file) => file.endsWith('.md'));

/** Removes fenced blocks and code spans, in which brackets are no links. */
function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Returns the anchors that GitHub gives to the headings of a page. */
function findAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of markdown
    .replaceAll(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)|[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Returns the links of a page that lead to no file, or to no heading. */
function findBrokenLinks(page: string, markdown: string): string[] {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^()\s]+)\)/g)].map(
    ([, link = '']) => link,
  );
  return links.filter((link) => {
    if (/^\w+:/.test(link)) return false;
    const [path = '', anchor = ''] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!exists(target)) return true;
    return anchor !== '' && !findAnchors(readText(target)).has(anchor);
  });
}

test.each(PAGES)('every link in %s leads to a file and a heading', (page) => {
  expect(findBrokenLinks(page, readText(page))).toEqual([]);
});

test('every document that code, tests and scripts name exists', () => {
  const named = FILES.filter((file) => /\.(ts|mjs|json|ya?ml|sh)$|^scripts\/|^Makefile$/.test(file))
    .flatMap((file) => readText(file).match(/\bdocs\/[\w/-]+\.md\b/g) ?? [])
    .filter((path) => !exists(path));
  expect(named).toEqual([]);
});

test('docs/README.md leads to every document', () => {
  const index = readText('docs/README.md');
  const missing = PAGES.filter((page) => /^docs\/(protocol\/)?[\w-]+\.md$/.test(page))
    .map((page) => page.slice('docs/'.length))
    .filter((page) => page !== 'README.md' && !index.includes(`](${page})`));
  expect(missing).toEqual([]);
});

describe('a broken link is found', () => {
  test.each([
    ['a file that does not exist', '[x](nowhere.md)', ['nowhere.md']],
    ['a heading that does not exist', '[x](README.md#nowhere)', ['README.md#nowhere']],
    ['a heading of the same page that does not exist', '# A\n\n[x](#b)', ['#b']],
    ['code is skipped', '`[x](nowhere.md)`\n\n```\n[x](nowhere.md)\n```', []],
    ['a web address is skipped', '[x](https://example.com/#a)', []],
  ])('%s', (_, markdown, broken) => {
    expect(findBrokenLinks('README.md', markdown)).toEqual(broken);
  });
});
