import type { IdleResult, LoadResult } from './generator.js';
import { spreadOf, sumOf } from './statistics.js';
import type { Spread } from './statistics.js';

/** Both servers at one window, the rounds in their order: one round's two figures are neighbours in time. */
export interface WindowResult {
  readonly window: number;
  readonly raw: LoadResult[];
  readonly newswire: LoadResult[];
}

/** A whole run, as it is written to a file. */
export interface BenchResult {
  readonly windows: WindowResult[];
  readonly idle: { readonly connections: number; raw: IdleResult; newswire: IdleResult } | null;
}

const thousands = (value: number) => Math.round(value / 1000).toLocaleString('en');

function rateCell(results: readonly LoadResult[]): string {
  const { median, low, high } = spreadOf(results.map((result) => result.deliveries_per_s));
  return `${thousands(median)} (${thousands(low)}–${thousands(high)})`;
}

/** newswire / raw of each round. A round's two runs share the machine's mood, so this is steadier than either. */
export function ratios({ raw, newswire }: WindowResult): Spread {
  return spreadOf(
    newswire.map((result, round) => result.deliveries_per_s / (raw[round]?.deliveries_per_s ?? 0)),
  );
}

/** The same by CPU used instead of time passed: other processes on the server's core change it little. */
function cpuRatio({ raw, newswire }: WindowResult): string {
  const cost = (results: readonly LoadResult[]) =>
    spreadOf(results.map((result) => result.server_cpu_s_per_million)).median;
  return (cost(raw) / cost(newswire)).toFixed(2);
}

function faultsCell(results: readonly LoadResult[]): string {
  const keys = ['lost', 'doubled', 'reordered'] as const;
  return keys.map((key) => sumOf(results.map((result) => result[key]))).join(' / ');
}

function medianOf(results: readonly LoadResult[], pick: (result: LoadResult) => number): string {
  return spreadOf(results.map(pick)).median.toFixed(2);
}

function windowRow(result: WindowResult): string[] {
  const { raw, newswire } = result;
  const ratio = ratios(result);
  return [
    String(result.window),
    rateCell(raw),
    rateCell(newswire),
    `**${ratio.median.toFixed(2)}** (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`,
    cpuRatio(result),
    `${medianOf(raw, (r) => r.latency_ms.p99)} / ${medianOf(newswire, (r) => r.latency_ms.p99)}`,
    `${medianOf(raw, (r) => r.server_cpu_s_per_million)} / ${medianOf(newswire, (r) => r.server_cpu_s_per_million)}`,
    `${medianOf(raw, (r) => r.generator_cpu_share)} / ${medianOf(newswire, (r) => r.generator_cpu_share)}`,
    faultsCell(raw),
    faultsCell(newswire),
  ];
}

const heads = [
  'window',
  'raw, 1000/s',
  'newswire, 1000/s',
  'ratio',
  'ratio by CPU',
  'p99 ms',
  'server CPU s per million',
  'generator CPU share',
  'raw lost / doubled / reordered',
  'newswire lost / doubled / reordered',
];

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function markdownTable(rows: readonly (readonly string[])[]): string {
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The result as Markdown. A ratio is newswire / raw; pairs are raw / newswire. */
export function formatReport({ windows, idle }: BenchResult): string {
  const parts = [markdownTable(windows.map(windowRow))];
  if (idle) {
    const { connections, raw, newswire } = idle;
    parts.push(
      `Memory of an idle connection, ${connections} of them: raw ${raw.kib_per_connection.toFixed(2)} KiB, ` +
        `newswire ${newswire.kib_per_connection.toFixed(2)} KiB. Connecting and subscribing: ` +
        `raw ${raw.connect_cpu_us.toFixed(0)} µs of CPU, newswire ${newswire.connect_cpu_us.toFixed(0)} µs.`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}
