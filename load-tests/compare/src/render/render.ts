import type { Comparison } from '../result.js';
import { compacted } from './compact.js';
import { page } from './page.js';
import { plotsOf } from './plots.js';
import { readRemarks } from './remarks.js';

/** Files by their path under `docs/`: the page, its plots, and the JSON that they are made of. */
export type Rendered = ReadonlyMap<string, string>;

export const PAGE = 'benchmarks.md';
export const DIRECTORY = 'benchmarks';
export const JSON_FILE = `${DIRECTORY}/compare.json`;
export const REMARKS_FILE = `${DIRECTORY}/remarks.md`;

/** Of a comparison's JSON. Throws where it is none. */
export function readComparison(text: string): Comparison {
  const value: unknown = JSON.parse(text);
  const isComparison =
    typeof value === 'object' &&
    value !== null &&
    ['machine', 'contenders', 'works'].every((key) => key in value);
  if (!isComparison) throw new Error('there is no machine, contenders and works in it');
  return value as Comparison;
}

/** The same text always gives the same files; and so does the JSON among them. */
export function render(comparisonText: string, remarksText: string): Rendered {
  const json = compacted(readComparison(comparisonText));
  const comparison = readComparison(json);
  const plots = plotsOf(comparison);
  const text = page(
    comparison,
    (work) => plots.filter((plot) => plot.work === work),
    readRemarks(remarksText),
  );
  return new Map([
    [PAGE, text],
    [JSON_FILE, json],
    ...plots.map(({ file, svg }): [string, string] => [`${DIRECTORY}/${file}`, svg]),
  ]);
}
