import { expect, test } from 'vitest';
import { listFiles, readText } from './files.js';

const RECORDS = listFiles().filter((path) => path.startsWith('docs/adr/'));

test('architecture decision records are numbered from 1 without holes', () => {
  const numbers = RECORDS.map((path) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]));
  expect(numbers).toEqual(RECORDS.map((_, i) => i + 1));
});

test.each(RECORDS)(
  '%s has status, date, context, decision, alternatives and consequences',
  (path) => {
    const text = readText(path);
    expect(text).toMatch(
      /^# \d+\. .+\n\n- Status: (accepted|superseded by .+)\n- Date: \d{4}-\d{2}-\d{2}/,
    );
    expect(text.match(/^## .+$/gm)).toEqual([
      '## Context',
      '## Decision',
      '## Alternatives',
      '## Consequences',
    ]);
  },
);
