import { BUSY_SHARE, sumOf, type LoadResult } from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import { warningsOfRuns } from '../render/faults.js';
import { figuresBy, ratioOf, spreadOfFinite } from '../render/figures.js';
import { alignedTable } from '../render/markdown.js';
import { formatRatio, formatSpread } from '../render/numbers.js';
import type { Point } from '../result.js';

type Pick = (result: LoadResult) => number;
type Runs = readonly LoadResult[];

const otherCore: Pick = (r) => r.generator_cpu_share + (r.other_cpu_share ?? 0);
const speed: Pick = (r) => r.deliveries_per_s;

const medianOf = (runs: Runs, pick: Pick) => spreadOfFinite(runs.map(pick))?.median ?? Number.NaN;
const spreadCell = (runs: Runs, pick: Pick) => formatSpread(spreadOfFinite(runs.map(pick)));

/** Which of the two cores had no time left, by the medians; where neither is busy, waiting is the limit. */
function busyCore(runs: Runs): string {
  const isServer = medianOf(runs, (r) => r.server_cpu_share) >= BUSY_SHARE;
  if (medianOf(runs, otherCore) >= BUSY_SHARE) return isServer ? 'both' : 'the other';
  return isServer ? "the server's" : 'neither';
}

/** Share of the server's core + share of the other one, and the generator's part of that. */
function sharesCell(runs: Runs): string {
  const [server, other, own] = [
    (r: LoadResult) => r.server_cpu_share,
    otherCore,
    (r: LoadResult) => r.generator_cpu_share,
  ].map((pick) => medianOf(runs, pick).toFixed(2));
  return `${server} + ${other} (${own})`;
}

const faultsCell = (runs: Runs) =>
  (['lost', 'doubled', 'reordered'] as const).map((key) => sumOf(runs, (r) => r[key])).join(' / ');

/** Deliveries a second at each load, of newswire and where it is here of its reference, with their ratio. */
export function speedTable(
  load: string,
  points: readonly Point[],
  contenders: readonly Contender[],
): string {
  const names = contenders.map(({ name }) => name);
  const hasRatio = names.length > 1;
  const heads = [
    load,
    ...names.map((name) => `${name}, 1/s`),
    ...(hasRatio ? ['ratio', 'ratio by CPU'] : []),
    'p99 ms',
    'server core + other core (generator)',
    'busy core',
    'lost / doubled / reordered',
  ];
  const rows = points.map(({ at, by }) => {
    const [ours, reference] = contenders.map(
      ({ id }) => figuresBy({ [id]: by[id] ?? none }, speed)[id],
    );
    const runs = contenders.map(({ id }) => by[id]?.rounds ?? []);
    const [own, other] = runs.map((each) => medianOf(each, (r) => r.server_cpu_s_per_million));
    const ratioByCpu = ((other ?? Number.NaN) / (own ?? Number.NaN)).toFixed(2);
    const join = (cell: (runs: Runs) => string) => runs.map(cell).join('; ');
    return [
      String(at),
      ...runs.map((each) => spreadCell(each, speed)),
      ...(hasRatio ? [`**${formatRatio(ratioOf(ours, reference))}**`, ratioByCpu] : []),
      join((each) => medianOf(each, (r) => r.latency_ms.p99).toFixed(1)),
      join(sharesCell),
      join(busyCore),
      join(faultsCell),
    ];
  });
  return alignedTable(heads, rows);
}

const none = { rounds: [], failure: '' };

/** Latencies of one load, a row for each contender, and the ratio of their p99. */
export function latencyTable(points: readonly Point[], contenders: readonly Contender[]): string {
  const heads = [
    '',
    'deliveries, 1/s',
    'p50 ms',
    'p99 ms',
    'max ms',
    'cores (generator)',
    'faults',
  ];
  const parts = points.map(({ at, by }) => {
    const rows = contenders.map(({ id, name }) => {
      const runs = by[id]?.rounds ?? [];
      const latencies = (['p50', 'p99', 'max'] as const).map((key) =>
        spreadCell(runs, (r) => r.latency_ms[key]),
      );
      return [name, spreadCell(runs, speed), ...latencies, sharesCell(runs), faultsCell(runs)];
    });
    const p99 = figuresBy(by, (r) => r.latency_ms.p99);
    const [ours, reference] = contenders;
    const ratio = reference && ours && ratioOf(p99[ours.id], p99[reference.id]);
    const note = ratio
      ? `\n\np99 of ${ours.name} / p99 of ${reference.name}: **${formatRatio(ratio)}**`
      : '';
    return `${at} messages a second:\n\n${alignedTable(heads, rows)}${note}`;
  });
  return parts.join('\n\n');
}

/** Wrong deliveries, a generator at its limit, stalls, other work on the machine. */
export function listWarnings(points: readonly Point[]): readonly string[] {
  const runs = points.flatMap(({ at, by }) =>
    Object.entries(by).map(([name, { rounds }]) => ({ name, where: `at ${at}`, results: rounds })),
  );
  const stalls = runs.flatMap(({ name, where, results }) => {
    const count = sumOf(results, (r) => r.stalls);
    return count > 0 ? [`Nothing came for a second, ${count} times (${name} ${where})`] : [];
  });
  return [...warningsOfRuns(runs), ...stalls];
}
