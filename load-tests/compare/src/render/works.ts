// What the page says of each work, and the figures of its tables.
import { sum } from 'd3-array';
import type { WorkId } from '../contender.js';
import { ON_SCHEDULE, P99_LIMIT_MS } from '../works/ladder.js';
import type { ByContender, LoadResult, Point, Recovery, Sustained, Works } from '../result.js';
import { mapValues, pickFigures, type Better, type FiguresBy, type PickFigure } from './figures.js';
import { formatBytes, formatCount } from './format.js';

/** A figure of a load, as it is put into tables and plots; its label as within a sentence. */
export interface Measure {
  readonly label: string;
  /** Undefined: a figure of which none is first. */
  readonly better?: Better;
  readonly pick: PickFigure<LoadResult>;
}

export const DELIVERIES = {
  label: 'thousand deliveries a second',
  better: 'more',
  pick: (r) => r.deliveries_per_s / 1000,
} satisfies Measure;

/** As many microseconds a delivery. */
export const CPU = {
  label: 'CPU seconds per million deliveries',
  better: 'less',
  pick: (r) => r.server_cpu_s_per_million,
} satisfies Measure;

export const P99 = {
  label: 'p99 of latency, ms',
  better: 'less',
  pick: (r) => r.latency_ms.p99,
} satisfies Measure;

/** A work that is one load at several settings. */
export interface PointWork {
  readonly id: WorkId & ('windows' | 'channels' | 'payloads' | 'growth');
  readonly title: string;
  readonly about: string;
  /** What the settings are, as in a table's head and at a plot's axis. */
  readonly axis: string;
  readonly formatAt: (at: number) => string;
  /** As the overview calls one of them. */
  readonly labelAt: (at: number) => string;
  /** The first one is plotted. */
  readonly measures: readonly [Measure, ...Measure[]];
}

export const POINT_WORKS: Readonly<Record<PointWork['id'], PointWork>> = {
  windows: {
    id: 'windows',
    title: 'Fan-out by messages in flight',
    about:
      '1,000 subscribers of one channel. Closed loop: a message is in flight until all subscribers have it, and the next one is sent when fewer than the window are.',
    axis: 'messages in flight',
    formatAt: formatCount,
    labelAt: (at) => `Window ${formatCount(at)}`,
    measures: [DELIVERIES, CPU, P99],
  },
  channels: {
    id: 'channels',
    title: '1,000 channels',
    about: '1,000 channels with a subscriber each, in turn. Closed loop.',
    axis: 'messages in flight',
    formatAt: formatCount,
    labelAt: (at) => `1,000 channels, window ${formatCount(at)}`,
    measures: [DELIVERIES, CPU, P99],
  },
  payloads: {
    id: 'payloads',
    title: 'Fan-out by size',
    about: 'One channel, closed loop with 16 messages in flight.',
    axis: 'bytes of a message',
    formatAt: formatBytes,
    labelAt: (at) => `Messages of ${formatBytes(at)}`,
    measures: [DELIVERIES, CPU, P99],
  },
  growth: {
    id: 'growth',
    title: 'Cost by subscribers',
    about:
      'One channel, closed loop with one message in flight. CPU seconds per million deliveries are microseconds a delivery: where that stays flat, cost grows linearly with the subscribers.',
    axis: 'subscribers',
    formatAt: formatCount,
    labelAt: (at) => `${formatCount(at)} subscribers`,
    measures: [CPU, DELIVERIES],
  },
};

/** Title and description of every work. */
export const WORK_TEXTS: Readonly<Record<WorkId, Pick<PointWork, 'title' | 'about'>>> = {
  ...POINT_WORKS,
  sustained: {
    title: 'Sustained maximum',
    about:
      'Open loop: rates rise until p99 passes 100 ms, something is lost, or publishers fall behind. The maximum is the last step that held; latency counts from when a message was due.',
  },
  connections: {
    title: 'Connections',
    about: '10,000 connections that subscribed and then only stand.',
  },
  recovery: {
    title: 'Recovery',
    about:
      'All connections are cut while publications go on; then all clients come back, with the library that users of the system have. Only systems that claim recovery take part. “Lost” never came, without a report of a gap; “reported” did not come either, and the server reported the gap to the client.',
  },
};

/** A column of figures. */
export interface Column {
  readonly head: string;
  readonly by: FiguresBy;
  /** Undefined: a figure of which none is first. */
  readonly better?: Better | undefined;
  readonly isMarked?: (id: string) => boolean;
}

/** What the generator did during the rounds of a contender. */
export type IsGeneratorBusy = (results: readonly LoadResult[]) => boolean;

/** A measure by the settings of a work. */
export function listPointColumns(
  points: readonly Point[],
  { pick, better }: Measure,
  { formatAt, isBusy }: { formatAt: (at: number) => string; isBusy: IsGeneratorBusy },
): readonly Column[] {
  return points.map(({ at, by }) => ({
    head: formatAt(at),
    by: pickFigures(by, pick),
    better,
    isMarked: (id) => isBusy(by[id]?.rounds ?? []),
  }));
}

/** The columns of a work that has one load for each contender. */
export function listColumns(
  { sustained, connections, recovery }: Works,
  work: WorkId,
): readonly Column[] {
  if (work === 'sustained' && sustained) {
    const pickLast = (pick: PickFigure<LoadResult>) =>
      pickFigures(sustained, (ladder) => {
        const step = listHeldSteps(ladder).at(-1);
        return step && pick(step.result);
      });
    const deliveries = pickFigures(sustained, pickSustained);
    return [
      { head: DELIVERIES.label, by: deliveries, better: 'more' },
      { head: 'p99 there, ms', by: pickLast(P99.pick) },
      { head: 'CPU s per million', by: pickLast(CPU.pick) },
    ];
  }
  if (work === 'connections' && connections) {
    const by = connections;
    return [
      { head: 'KiB each', by: pickFigures(by, (r) => r.kib_per_connection), better: 'less' },
      {
        head: 'µs of CPU to connect',
        by: pickFigures(by, (r) => r.connect_cpu_us),
        better: 'less',
      },
      {
        head: 'connections a second',
        by: pickFigures(by, (r) => r.connects_per_s),
        better: 'more',
      },
    ];
  }
  if (work !== 'recovery' || !recovery) return [];
  const caughtUp = pickFigures(recovery, (r) => r.caughtUpMs);
  return [
    ...COUNTS.map((key) => ({ head: key, by: sumRounds(recovery, key) })),
    { head: 'caught up after, ms', by: caughtUp, better: 'less' },
  ];
}

export const pickSustained = ({ deliveriesPerS }: Sustained) => deliveriesPerS / 1000;

const COUNTS = ['clients', 'published', 'lost', 'reported', 'doubled', 'reordered'] as const;

/** Sums of all rounds: one lost delivery in one of them must not vanish in a median. */
function sumRounds(by: ByContender<Recovery>, key: (typeof COUNTS)[number]): FiguresBy {
  return mapValues(by, ({ rounds, failure }) => ({
    rounds: rounds.length > 0 ? [sum(rounds, (round) => round[key])] : [],
    failure,
  }));
}

type Step = Sustained['steps'][number];

/** What did not hold at a step; empty when all did. */
function describeStep({ ratePerS, result }: Step): string {
  const { lost, latency_ms: latency, publishes_per_s: published } = result;
  if (lost > 0) return `${formatCount(lost)} lost`;
  if (!Number.isFinite(latency.p99)) return 'nothing came';
  if (latency.p99 > P99_LIMIT_MS) return `p99 ${formatCount(Math.round(latency.p99))} ms`;
  if (published >= ratePerS * ON_SCHEDULE) return '';
  return `publishers reached ${formatCount(Math.round(published))}/s`;
}

/** The steps that held, by rate, the highest last. They may have been taken in another order. */
export function listHeldSteps({ steps }: Sustained): readonly Step[] {
  const held = steps.filter((step) => describeStep(step) === '');
  return held.toSorted((a, b) => a.ratePerS - b.ratePerS);
}

/** Why it went no higher, of the lowest rate above that did not hold: `3,000/s: p99 240 ms`. */
export function describeEnd(ladder: Sustained): string {
  const highest = listHeldSteps(ladder).at(-1);
  const [end] = ladder.steps
    .filter(({ ratePerS }) => ratePerS > (highest?.ratePerS ?? 0))
    .toSorted((a, b) => a.ratePerS - b.ratePerS);
  const step = end ?? highest;
  if (step === undefined) return 'no step was taken';
  return `${formatCount(step.ratePerS)}/s: ${describeStep(step) || 'held, the ladder ended there'}`;
}
