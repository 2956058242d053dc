import type { Spread } from '@newswire/load-harness';
import type { WorkId } from '../contender.js';
import type { Comparison, ContenderInfo, Sustained } from '../result.js';
import { classOf, groupByClass } from './classes.js';
import { figuresBy, spreadOfFigures, spreadOfFinite, type FiguresBy } from './figures.js';
import { P99_LIMIT_MS } from '../ladder.js';
import { formatCount } from './numbers.js';
import { barPlot, linePlot, type LinePlot, type Series } from './drawing.js';
import { ownLook, peerLook, RAW_LOOK, type Look } from './theme.js';
import { POINT_WORKS, titleOf, type PointWork } from './works.js';

/** A picture of docs/benchmarks. */
export interface Plot {
  readonly work: WorkId;
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Too many lines hide each other: one process is drawn apart from everything that is more. */
const PANELS = [
  { id: 'memory', title: 'one process, in memory', classes: ['memory', 'raw'] },
  { id: 'more', title: 'with Redis, links or Nginx', classes: ['redis', 'links', 'proxy'] },
] as const;

type Panel = (typeof PANELS)[number];

const membersOf = ({ classes }: Panel, contenders: readonly ContenderInfo[]) =>
  contenders.filter((contender) => classes.some((each) => each === classOf(contender)));

/** By id: as lines of the same panel can be told apart. */
function looksOf(contenders: readonly ContenderInfo[]): ReadonlyMap<string, Look> {
  const looks = PANELS.flatMap((panel) => {
    const members = membersOf(panel, contenders);
    const of = (kind: string) => members.filter((member) => member.kind === kind);
    return [
      ...of('newswire').map(({ id }, i): [string, Look] => [id, ownLook(i)]),
      ...of('peer').map(({ id }, i): [string, Look] => [id, peerLook(i)]),
    ];
  });
  return new Map(looks);
}

type Point = Series['points'][number];

const isDrawable = ({ y }: Point) => y.low > 0;

interface Naming {
  /** Of the file, before the panel's. */
  readonly name: string;
  readonly heading: string;
}

/** A plot for each panel that has a line. */
function linePlots(
  work: WorkId,
  comparison: Comparison,
  pointsOf: (id: string) => readonly Point[],
  { name, heading, ...plot }: Naming & Omit<LinePlot, 'title' | 'series'>,
): readonly Plot[] {
  const { contenders } = comparison;
  const looks = looksOf(contenders);
  return PANELS.flatMap((panel) => {
    const series = membersOf(panel, contenders)
      .map(({ id, name: label }) => ({
        name: label,
        look: looks.get(id) ?? RAW_LOOK,
        points: pointsOf(id).filter(isDrawable),
      }))
      .filter(({ points }) => points.length > 0);
    if (series.length === 0) return [];
    const title = `${heading}: ${panel.title}`;
    const svg = linePlot({ ...plot, title, series });
    return [{ work, file: `${name}-${panel.id}.svg`, title, svg }];
  });
}

function pointPlots({ id: work, axis, formatAt, measures }: PointWork, comparison: Comparison) {
  const points = comparison.works[work] ?? [];
  const [{ label, pick }] = measures;
  const pointsOf = (id: string) =>
    points.flatMap(({ at, by }): Point[] => {
      const y = spreadOfFigures(figuresBy(by, pick)[id]);
      return y ? [{ x: at, y }] : [];
    });
  return linePlots(work, comparison, pointsOf, {
    name: work,
    heading: titleOf(work),
    xTitle: axis,
    yTitle: label,
    formatX: formatAt,
    xTicks: points.map(({ at }) => at),
  });
}

/** p99 of all rounds by rate, as far as the ladders went. */
function latencyOf(rounds: readonly Sustained[]): readonly Point[] {
  const steps = rounds.flatMap((ladder) => ladder.steps);
  const rates = [...new Set(steps.map(({ ratePerS }) => ratePerS))].toSorted((a, b) => a - b);
  return rates.flatMap((rate): Point[] => {
    const there = steps.filter(({ ratePerS }) => ratePerS === rate);
    const y: Spread | undefined = spreadOfFinite(
      there.map(({ result }) => result.latency_ms.p99 ?? Number.NaN),
    );
    return y ? [{ x: rate, y }] : [];
  });
}

function latencyPlots(comparison: Comparison): readonly Plot[] {
  const by = comparison.works.sustained ?? {};
  return linePlots('sustained', comparison, (id) => latencyOf(by[id]?.rounds ?? []), {
    name: 'latency',
    heading: 'Latency by rate',
    xTitle: 'messages a second',
    yTitle: 'p99 of latency, ms',
    formatX: formatCount,
    ceiling: { y: P99_LIMIT_MS, name: `${P99_LIMIT_MS} ms: the ladder ends` },
  });
}

function bars(
  work: WorkId,
  { contenders }: Comparison,
  by: FiguresBy,
  { file, title, xTitle }: { file: string; title: string; xTitle: string },
): readonly Plot[] {
  const looks = looksOf(contenders);
  const groups = groupByClass(contenders).map((group) => ({
    title: group.id === 'raw' ? 'The limit' : group.title,
    bars: group.contenders.flatMap(({ id, name }) => {
      const value = spreadOfFigures(by[id]);
      return value ? [{ name, look: looks.get(id) ?? RAW_LOOK, value }] : [];
    }),
  }));
  if (groups.every((group) => group.bars.length === 0)) return [];
  return [{ work, file, title, svg: barPlot({ title, xTitle, groups }) }];
}

function barPlots(comparison: Comparison): readonly Plot[] {
  const { sustained = {}, connections = {}, recovery = {} } = comparison.works;
  const deliveries = figuresBy(sustained, (r) => r.deliveriesPerS / 1000);
  const memory = figuresBy(connections, (r) => r.kib_per_connection);
  const cost = figuresBy(connections, (r) => r.connect_cpu_us);
  const time = figuresBy(recovery, (r) => r.caughtUpMs);
  return [
    ...bars('sustained', comparison, deliveries, {
      file: 'sustained.svg',
      title: 'Sustained maximum (more is better)',
      xTitle: 'thousand deliveries a second',
    }),
    ...bars('connections', comparison, memory, {
      file: 'memory.svg',
      title: 'Memory of an idle connection (less is better)',
      xTitle: 'KiB each',
    }),
    ...bars('connections', comparison, cost, {
      file: 'connect.svg',
      title: 'CPU to connect and subscribe (less is better)',
      xTitle: 'µs each',
    }),
    ...bars('recovery', comparison, time, {
      file: 'recovery.svg',
      title: 'Until all clients had everything again (less is better)',
      xTitle: 'ms after they were let in',
    }),
  ];
}

/** All pictures of a run. */
export function plotsOf(comparison: Comparison): readonly Plot[] {
  return [
    ...Object.values(POINT_WORKS).flatMap((work) => pointPlots(work, comparison)),
    ...barPlots(comparison),
    ...latencyPlots(comparison),
  ];
}
