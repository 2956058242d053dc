// Which plots a run has.
import { group } from 'd3-array';
import type { WorkId } from '../contender.js';
import type { Comparison, ContenderInfo, Sustained } from '../result.js';
import { P99_LIMIT_MS } from '../works/ladder.js';
import { classify, groupByClass } from './classes.js';
import { drawBarPlot, drawLinePlot, type LinePlot, type Series } from './drawing.js';
import { computeSpread, pickFigures, spreadFigures, type FiguresBy } from './figures.js';
import { formatCount } from './format.js';
import { createOwnLook, createPeerLook, RAW_LOOK, type Look } from './theme.js';
import { DELIVERIES, pickSustained, POINT_WORKS, type PointWork } from './works.js';

/** A picture of docs/benchmarks. */
export interface PlotFile {
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

function listMembers({ classes }: (typeof PANELS)[number], contenders: readonly ContenderInfo[]) {
  return contenders.filter((contender) => classes.some((each) => each === classify(contender)));
}

/** By id, such that lines of the same panel differ. */
function assignLooks(contenders: readonly ContenderInfo[]): ReadonlyMap<string, Look> {
  const looks = PANELS.flatMap((panel) => {
    const members = listMembers(panel, contenders);
    const assign = (kind: string, createLook: (place: number) => Look) =>
      members
        .filter((member) => member.kind === kind)
        .map(({ id }, place): [string, Look] => [id, createLook(place)]);
    return [...assign('newswire', createOwnLook), ...assign('peer', createPeerLook)];
  });
  return new Map(looks);
}

type Point = Series['points'][number];

interface Lines extends Omit<LinePlot, 'title' | 'series'> {
  readonly work: WorkId;
  /** Of the file, before the panel's. */
  readonly name: string;
  readonly heading: string;
  readonly listPoints: (id: string) => readonly Point[];
}

/** A plot for each panel that has a line. */
function drawLines({ contenders }: Comparison, lines: Lines): readonly PlotFile[] {
  const { work, name, heading, listPoints, ...plot } = lines;
  const looks = assignLooks(contenders);
  return PANELS.flatMap((panel) => {
    const series = listMembers(panel, contenders)
      .map((contender) => ({
        name: contender.name,
        look: looks.get(contender.id) ?? RAW_LOOK,
        points: listPoints(contender.id).filter(({ y }) => y.low > 0),
      }))
      .filter(({ points }) => points.length > 0);
    if (series.length === 0) return [];
    const title = `${heading}: ${panel.title}`;
    return [
      {
        work,
        file: `${name}-${panel.id}.svg`,
        title,
        svg: drawLinePlot({ ...plot, title, series }),
      },
    ];
  });
}

function drawPointWork(comparison: Comparison, work: PointWork): readonly PlotFile[] {
  const points = comparison.works[work.id] ?? [];
  const [{ label, pick }] = work.measures;
  return drawLines(comparison, {
    work: work.id,
    name: work.id,
    heading: work.title,
    xTitle: work.axis,
    yTitle: label,
    formatX: work.formatAt,
    xTicks: points.map(({ at }) => at),
    listPoints: (id) =>
      points.flatMap(({ at, by }) => {
        const y = spreadFigures(pickFigures(by, pick)[id]);
        return y ? [{ x: at, y }] : [];
      }),
  });
}

/** p99 of all rounds by rate, as far as the ladders went. */
function listLatencies(rounds: readonly Sustained[]): readonly Point[] {
  const steps = rounds.flatMap((ladder) => ladder.steps);
  const byRate = [...group(steps, ({ ratePerS }) => ratePerS)].toSorted(([a], [b]) => a - b);
  return byRate.flatMap(([rate, atRate]) => {
    const y = computeSpread(atRate.map(({ result }) => result.latency_ms.p99 ?? Number.NaN));
    return y ? [{ x: rate, y }] : [];
  });
}

function drawLatencies(comparison: Comparison): readonly PlotFile[] {
  const { sustained = {} } = comparison.works;
  return drawLines(comparison, {
    work: 'sustained',
    name: 'latency',
    heading: 'Latency by rate',
    xTitle: 'messages a second',
    yTitle: 'p99 of latency, ms',
    formatX: formatCount,
    ceiling: { y: P99_LIMIT_MS, name: `${P99_LIMIT_MS} ms: the ladder ends` },
    listPoints: (id) => listLatencies(sustained[id]?.rounds ?? []),
  });
}

/** A bar for each contender of a work, by class. */
function drawBars(
  { contenders }: Comparison,
  work: WorkId,
  by: FiguresBy,
  [file, title, xTitle]: readonly [file: string, title: string, xTitle: string],
): readonly PlotFile[] {
  const looks = assignLooks(contenders);
  const groups = groupByClass(contenders).map((each) => ({
    title: each.id === 'raw' ? 'The limit' : each.title,
    bars: each.contenders.flatMap(({ id, name }) => {
      const value = spreadFigures(by[id]);
      return value ? [{ name, look: looks.get(id) ?? RAW_LOOK, value }] : [];
    }),
  }));
  if (groups.every(({ bars }) => bars.length === 0)) return [];
  return [{ work, file, title, svg: drawBarPlot({ title, xTitle, groups }) }];
}

/** All pictures of a run. */
export function drawPlots(comparison: Comparison): readonly PlotFile[] {
  const { sustained = {}, connections = {}, recovery = {} } = comparison.works;
  const bars = (work: WorkId, by: FiguresBy, ...texts: [string, string, string]) =>
    drawBars(comparison, work, by, texts);
  return [
    ...Object.values(POINT_WORKS).flatMap((work) => drawPointWork(comparison, work)),
    ...bars(
      'sustained',
      pickFigures(sustained, pickSustained),
      'sustained.svg',
      'Sustained maximum (more is better)',
      DELIVERIES.label,
    ),
    ...bars(
      'connections',
      pickFigures(connections, (r) => r.kib_per_connection),
      'memory.svg',
      'Memory of an idle connection (less is better)',
      'KiB each',
    ),
    ...bars(
      'connections',
      pickFigures(connections, (r) => r.connect_cpu_us),
      'connect.svg',
      'CPU to connect and subscribe (less is better)',
      'µs each',
    ),
    ...bars(
      'recovery',
      pickFigures(recovery, (r) => r.caughtUpMs),
      'recovery.svg',
      'Until all clients had everything again (less is better)',
      'ms after they were let in',
    ),
    ...drawLatencies(comparison),
  ];
}
