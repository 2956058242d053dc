import { VERSION } from '@newswire/runtime';
import { expect, test } from 'vitest';
import { listFiles, readText } from './files.js';

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly engines?: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

const ROOT_MANIFEST = readManifest('package.json');
const WORKSPACES = listFiles()
  .filter((path) => /^(packages|services|load-tests)\/.*package\.json$/.test(path))
  .map(readManifest)
  .filter(({ name }) => name.startsWith('@newswire/'));

function readManifest(path: string): Manifest {
  return JSON.parse(readText(path)) as Manifest;
}

test('the version is written in package.json, and nowhere else in code, configuration and documents', () => {
  const version = ROOT_MANIFEST.version ?? '';
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  const isOwn = (path: string) =>
    !/^(package(-lock)?\.json|CHANGELOG\.md|docs\/benchmarks|load-tests\/peers\/)/.test(path) &&
    /\.(ts|m?js|json|ya?ml|md|py|html)$|Dockerfile|Makefile|^scripts\//.test(path);
  const pattern = new RegExp(`(?<![\\d.])${version.replaceAll('.', '\\.')}(?![\\d.])`);
  const others = listFiles().filter((path) => isOwn(path) && pattern.test(readText(path)));
  expect(others).toEqual([]);
});

test('workspaces have no version of their own, and take each other at any version', () => {
  expect(WORKSPACES.length).toBeGreaterThan(8);
  for (const { name, version, dependencies = {} } of WORKSPACES) {
    const own = Object.entries(dependencies).filter(([each]) => each.startsWith('@newswire/'));
    expect([name, version, ...own.map(([, range]) => range)]).toEqual([
      name,
      undefined,
      ...own.map(() => '*'),
    ]);
  }
});

test('processes report the version of package.json', () => {
  expect(VERSION).toBe(ROOT_MANIFEST.version);
});

test('the CHANGELOG has the version with a date, below an Unreleased section', () => {
  const sections = readText('CHANGELOG.md').match(/^## .+$/gm) ?? [];
  expect(sections[0]).toBe('## Unreleased');
  expect(sections[1]).toMatch(new RegExp(`^## ${VERSION} - \\d{4}-\\d{2}-\\d{2}$`));
});

test('package.json, the README and scripts/run-node name the same Node versions', () => {
  expect(ROOT_MANIFEST.engines?.node).toBe('^20.19.0 || ^22.12.0');
  const sentence = 'Node 20 (20.19 or later) or 22 (22.12 or later)';
  for (const path of ['README.md', 'docs/deployment.md', 'scripts/run-node']) {
    expect([path, readText(path).replaceAll(/\s+/g, ' ').includes(sentence)]).toEqual([path, true]);
  }
});
