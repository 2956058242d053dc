import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readRemarks } from './page.js';
import { DIRECTORY, JSON_FILE, REMARKS_FILE, render } from './render.js';

const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url));
const read = (path: string) => readFileSync(`${docs}${path}`, 'utf8');
const isThere = existsSync(`${docs}${JSON_FILE}`);
const HOW = 'see load-tests/README.md, The page of the comparison';
const absence = isThere ? '' : ` (docs/${JSON_FILE} is not there yet)`;

describe.skipIf(!isThere)(`docs/benchmarks.md${absence}`, () => {
  it('is what the committed JSON and remarks render to, and so are its plots', () => {
    const files = render(read(JSON_FILE), read(REMARKS_FILE));
    for (const [path, text] of files) {
      const committed = existsSync(`${docs}${path}`) ? read(path) : '';
      // A difference within a hundred thousand characters shows nothing: say what to do instead.
      expect(committed === text ? 'fresh' : `docs/${path} is stale: ${HOW}`).toBe('fresh');
    }
    const plots = readdirSync(`${docs}${DIRECTORY}`).filter((file) => file.endsWith('.svg'));
    expect(plots.filter((file) => !files.has(`${DIRECTORY}/${file}`))).toEqual([]);
  });
});

describe('the remarks', () => {
  it('are about works that there are', () => {
    expect(() => readRemarks(read(REMARKS_FILE))).not.toThrow();
  });
});
