import type { IdleResult, LoadResult } from '@newswire/load-harness';
import type { ByContender, Comparison, Point, Works } from '../result.js';

const DIGITS = 5;

function compactLoad(r: LoadResult): LoadResult {
  const { p50, p99, max } = r.latency_ms;
  return {
    publishes_per_s: r.publishes_per_s,
    deliveries_per_s: r.deliveries_per_s,
    latency_ms: { p50, p99, max },
    generator_cpu_share: r.generator_cpu_share,
    server_cpu_share: r.server_cpu_share,
    ...(r.other_cpu_share === undefined ? {} : { other_cpu_share: r.other_cpu_share }),
    strange_cpu_share: r.strange_cpu_share,
    server_cpu_s_per_million: r.server_cpu_s_per_million,
    lost: r.lost,
    undrained: r.undrained,
    doubled: r.doubled,
    reordered: r.reordered,
    publishes_refused: r.publishes_refused,
    first_refusal: r.first_refusal,
    closes: r.closes,
    stalls: r.stalls,
  };
}

const compactIdle = (r: IdleResult): IdleResult => ({
  kib_per_connection: r.kib_per_connection,
  connect_cpu_us: r.connect_cpu_us,
  connects_per_s: r.connects_per_s,
});

function mapRounds<T>(by: ByContender<T>, compact: (round: T) => T): ByContender<T> {
  const entries = Object.entries(by).map(([id, { rounds, failure }]) => [
    id,
    { rounds: rounds.map(compact), failure },
  ]);
  return Object.fromEntries(entries);
}

function compactWorks(works: Works): Works {
  const points = (of: readonly Point[]) =>
    of.map(({ at, by }) => ({ at, by: mapRounds(by, compactLoad) }));
  const { windows, sustained, channels, payloads, connections, growth, recovery } = works;
  return {
    ...(windows && { windows: points(windows) }),
    ...(sustained && {
      sustained: mapRounds(sustained, ({ deliveriesPerS, steps }) => ({
        deliveriesPerS,
        steps: steps.map(({ ratePerS, result }) => ({ ratePerS, result: compactLoad(result) })),
      })),
    }),
    ...(channels && { channels: points(channels) }),
    ...(payloads && { payloads: points(payloads) }),
    ...(connections && { connections: mapRounds(connections, compactIdle) }),
    ...(growth && { growth: points(growth) }),
    ...(recovery && { recovery }),
  };
}

/** Counts stay exact; what is measured has no more than five digits that say something. */
const rounded = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;

/** What the page is made of, and nothing else, as JSON: it is committed beside the page. */
export function compacted({ machine, contenders, works }: Comparison): string {
  const kept: Comparison = { machine, contenders, works: compactWorks(works) };
  return `${JSON.stringify(kept, rounded)}\n`;
}
