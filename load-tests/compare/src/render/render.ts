import type { Comparison, LoadResult } from '../result.js';
import { formatPage, readRemarks } from './page.js';
import { drawPlots } from './plots.js';

/** Files by their path under `docs/`: the page, its plots, and the JSON that they are made of. */
export type Rendered = ReadonlyMap<string, string>;

export const PAGE = 'benchmarks.md';
export const DIRECTORY = 'benchmarks';
export const JSON_FILE = `${DIRECTORY}/compare.json`;
export const REMARKS_FILE = `${DIRECTORY}/remarks.md`;

const DIGITS = 5;

/** What the page uses of a load. */
const LOAD_KEYS = [
  'publishes_per_s',
  'deliveries_per_s',
  'latency_ms',
  'generator_cpu_share',
  'server_cpu_share',
  'other_cpu_share',
  'strange_cpu_share',
  'server_cpu_s_per_million',
  'lost',
  'undrained',
  'doubled',
  'reordered',
  'publishes_refused',
  'first_refusal',
  'closes',
  'stalls',
] as const satisfies readonly (keyof LoadResult)[];
const LATENCY_KEYS = ['p50', 'p99', 'max'];
const IDLE_KEYS = ['kib_per_connection', 'connect_cpu_us', 'connects_per_s'];

/** Keeps what the page uses. Counts stay exact; what is measured has no more than five digits. */
function compact(_: string, value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  }
  if (typeof value !== 'object' || value === null) return value;
  const pick = (keys: readonly string[]) =>
    Object.fromEntries(keys.map((key) => [key, (value as Record<string, unknown>)[key]]));
  if ('publishes_per_s' in value) return pick(LOAD_KEYS);
  if ('p99' in value) return pick(LATENCY_KEYS);
  return 'kib_per_connection' in value ? pick(IDLE_KEYS) : value;
}

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
  const { machine, contenders, works } = readComparison(comparisonText);
  const json = `${JSON.stringify({ machine, contenders, works }, compact)}\n`;
  const comparison = readComparison(json);
  const plots = drawPlots(comparison);
  const images = (work: string) => plots.filter((plot) => plot.work === work);
  const page = formatPage(comparison, images, readRemarks(remarksText));
  return new Map([
    [PAGE, page],
    [JSON_FILE, json],
    ...plots.map(({ file, svg }): [string, string] => [`${DIRECTORY}/${file}`, svg]),
  ]);
}
