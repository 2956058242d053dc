import { markdownTable } from 'markdown-table';
import {
  BUSY_SHARE,
  spreadOf,
  STRANGE_SHARE,
  sumOf,
  type CaseResult,
  type LoadResult,
  type Spread,
} from '@newswire/load-harness';

export type Pick = (result: LoadResult) => number;

const otherCore: Pick = (r) => r.generator_cpu_share + (r.other_cpu_share ?? 0);

export function medianOf(results: readonly LoadResult[], pick: Pick): number {
  return spreadOf(results.map(pick)).median;
}

export function formatSpread({ median, low, high }: Spread, digits: number): string {
  const format = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${format(median)} (${format(low)}–${format(high)})`;
}

/** Median of a figure with the lowest and highest round. */
export function spreadCell(results: readonly LoadResult[], pick: Pick, digits = 0): string {
  return formatSpread(spreadOf(results.map(pick)), digits);
}

/** `a` / `b` of each round. A round's runs share the machine's mood, so this is steadier than either. */
export function ratioOf(a: readonly LoadResult[], b: readonly LoadResult[], pick: Pick): Spread {
  const ofRound = a.map((result, round) => {
    const other = b[round];
    return other ? pick(result) / pick(other) : Number.NaN;
  });
  return spreadOf(ofRound.filter((ratio) => !Number.isNaN(ratio)));
}

/** Which of the two cores had no time left, by the medians; where none had, waiting is the limit. */
export function busyCore(results: readonly LoadResult[]): string {
  const server = medianOf(results, (r) => r.server_cpu_share);
  const other = medianOf(results, otherCore);
  const isServer = server >= BUSY_SHARE;
  if (other >= BUSY_SHARE) return isServer ? 'both' : 'the other';
  return isServer ? "the server's" : 'neither';
}

/** Share of the server's core + share of the other one, and what of that the generator had. */
export function sharesCell(results: readonly LoadResult[]): string {
  const median = (pick: Pick) => medianOf(results, pick).toFixed(2);
  const own = median((r) => r.generator_cpu_share);
  return `${median((r) => r.server_cpu_share)} + ${median(otherCore)} (${own})`;
}

const faults = ['lost', 'doubled', 'reordered'] as const;

export function faultsCell(results: readonly LoadResult[]): string {
  return faults.map((key) => sumOf(results.map((result) => result[key]))).join(' / ');
}

function closesOf(results: readonly LoadResult[]): string {
  const codes = [...new Set(results.flatMap((result) => Object.keys(result.closes)))];
  const counted = codes.map(
    (code) => `${code} × ${sumOf(results.map((r) => r.closes[code] ?? 0))}`,
  );
  return counted.join(', ');
}

function warningsOfRuns(where: string, results: readonly LoadResult[]): string[] {
  const sum = (pick: Pick) => sumOf(results.map(pick));
  const closes = closesOf(results);
  const refused = sum((r) => r.publishes_refused);
  const refusal = results.find((r) => r.first_refusal !== '')?.first_refusal ?? '';
  const own = medianOf(results, (r) => r.generator_cpu_share);
  const stalls = sum((r) => r.stalls);
  const undrained = sum((r) => r.undrained);
  const late = undrained > 0 ? `, of the lost ${undrained} were only late` : '';
  return [
    sum((r) => r.lost + r.doubled + r.reordered) > 0
      ? `**LOST / DOUBLED / REORDERED: ${faultsCell(results)}**${late} (${where})`
      : '',
    closes === '' ? '' : `**Subscribers were closed: ${closes}** (${where})`,
    refused > 0 ? `**${refused} publishes were refused: ${refusal}** (${where})` : '',
    stalls > 0 ? `Nothing came for a second, ${stalls} times (${where})` : '',
    own > BUSY_SHARE ? `**The generator was busy: ${own.toFixed(2)} of its core** (${where})` : '',
  ].filter((warning) => warning !== '');
}

/** What must not be passed over: wrong deliveries, a generator at its limit, other work on the machine. */
export function warningsOf(results: readonly CaseResult[]): string[] {
  const warnings = results.flatMap(({ label, runs }) =>
    Object.entries(runs).flatMap(([name, of]) => warningsOfRuns(`${name}, ${label}`, of)),
  );
  const all = results.flatMap(({ runs }) => Object.values(runs).flat());
  const { median, high } = spreadOf(all.map((result) => result.strange_cpu_share));
  if (high <= STRANGE_SHARE) return warnings;
  const cores = `${median.toFixed(2)} cores, up to ${high.toFixed(2)}`;
  return [...warnings, `**Disturbed**: others on this machine used ${cores}.`];
}

const speed: Pick = (r) => r.deliveries_per_s;
const cost: Pick = (r) => r.server_cpu_s_per_million;
const p99: Pick = (r) => r.latency_ms.p99;

/** Deliveries a second of two systems at each load. Pairs and ratios are `ours` before `reference`. */
export function speedTable(
  results: readonly CaseResult[],
  load: string,
  { ours, reference }: { ours: string; reference: string },
): string {
  const pair = (cell: (name: string) => string) => `${cell(ours)}; ${cell(reference)}`;
  const heads = [
    load,
    `${reference}, 1/s`,
    `${ours}, 1/s`,
    'ratio',
    'ratio by CPU',
    'p99 ms',
    'server core + other core (generator)',
    'busy core',
    'lost / doubled / reordered',
  ].map((head, i) => (i > 4 ? `${head}: ${ours}; ${reference}` : head));
  const rows = results.map(({ label, runs }) => {
    const of = (name: string) => runs[name] ?? [];
    return [
      label,
      spreadCell(of(reference), speed),
      spreadCell(of(ours), speed),
      `**${formatSpread(ratioOf(of(ours), of(reference), speed), 2)}**`,
      (medianOf(of(reference), cost) / medianOf(of(ours), cost)).toFixed(2),
      pair((name) => medianOf(of(name), p99).toFixed(1)),
      pair((name) => sharesCell(of(name))),
      pair((name) => busyCore(of(name))),
      pair((name) => faultsCell(of(name))),
    ];
  });
  return markdownTable([heads, ...rows]);
}

/** Deliveries a second of one system, where what it is to be measured beside is not here. */
export function loneTable(results: readonly CaseResult[], load: string, name: string): string {
  const heads = [load, `${name}, 1/s`, 'p99 ms', 'server core + other core (generator)', 'faults'];
  const rows = results.map(({ label, runs }) => {
    const of = runs[name] ?? [];
    const p99Cell = medianOf(of, p99).toFixed(1);
    return [label, spreadCell(of, speed), p99Cell, sharesCell(of), faultsCell(of)];
  });
  return markdownTable([heads, ...rows]);
}
