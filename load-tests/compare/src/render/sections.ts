import { sumOf } from '@newswire/load-harness';
import { WORKS, type WorkId } from '../contender.js';
import type { ByContender, Comparison, Point, Recovery } from '../result.js';
import { isGeneratorBusy, warningsOf } from './faults.js';
import { figuresBy, type FiguresBy } from './figures.js';
import { endOf, heldSteps } from './ladder.js';
import { bullets, paragraphs, plain, table } from './markdown.js';
import { matrix, type Column } from './matrix.js';
import type { Remarks } from './remarks.js';
import { aboutOf, POINT_WORKS, titleOf, type Measure, type PointWork } from './works.js';

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function measureTable(
  { axis, formatAt }: PointWork,
  points: readonly Point[],
  { contenders }: Comparison,
  { label, better, pick }: Measure,
): string {
  const columns = points.map(({ at, by }) => ({
    head: formatAt(at),
    by: figuresBy(by, pick),
    better,
    isMarked: (id: string) => isGeneratorBusy(by[id]?.rounds ?? []),
  }));
  return `${capital(label)}, by ${axis}:\n\n${matrix('', contenders, columns)}`;
}

function pointTables(work: PointWork, comparison: Comparison): readonly string[] {
  const points = comparison.works[work.id] ?? [];
  return work.measures.map((measure) => measureTable(work, points, comparison, measure));
}

function sustainedTables({ contenders, works }: Comparison): readonly string[] {
  const by = works.sustained ?? {};
  const last = (pick: (step: ReturnType<typeof heldSteps>[number]) => number) =>
    figuresBy(by, (ladder) => {
      const step = heldSteps(ladder).at(-1);
      return step && pick(step);
    });
  const columns: readonly Column[] = [
    {
      head: 'thousand deliveries a second',
      by: figuresBy(by, (r) => r.deliveriesPerS / 1000),
      better: 'more',
    },
    { head: 'p99 there, ms', by: last(({ result }) => result.latency_ms.p99) },
    { head: 'CPU s per million', by: last(({ result }) => result.server_cpu_s_per_million) },
  ];
  const ends = contenders.flatMap(({ id, name }) => {
    const rounds = by[id]?.rounds ?? [];
    return rounds.length === 0 ? [] : [[plain(name), rounds.map(endOf).join('; ')]];
  });
  return [
    matrix('', contenders, columns),
    `What ended the ladder, in each round:\n\n${table(['', 'messages a second: why'], ends, () => true)}`,
  ];
}

function connectionTables({ contenders, works }: Comparison): readonly string[] {
  const by = works.connections ?? {};
  const columns: readonly Column[] = [
    { head: 'KiB each', by: figuresBy(by, (r) => r.kib_per_connection), better: 'less' },
    { head: 'µs of CPU to connect', by: figuresBy(by, (r) => r.connect_cpu_us), better: 'less' },
    { head: 'connections a second', by: figuresBy(by, (r) => r.connects_per_s), better: 'more' },
  ];
  return [matrix('', contenders, columns)];
}

const COUNTS = ['clients', 'published', 'lost', 'told', 'doubled', 'reordered'] as const;

/** Sums of all rounds: one lost delivery in one of them must not vanish in a median. */
function sumsBy(by: ByContender<Recovery>, key: (typeof COUNTS)[number]): FiguresBy {
  const sums = Object.entries(by).map(([id, { rounds, failure }]) => [
    id,
    { rounds: rounds.length > 0 ? [sumOf(rounds.map((round) => round[key]))] : [], failure },
  ]);
  return Object.fromEntries(sums);
}

function recoveryTables({ contenders, works }: Comparison): readonly string[] {
  const by = works.recovery ?? {};
  const caughtUp = figuresBy(by, (r) => r.caughtUpMs);
  const columns: readonly Column[] = [
    ...COUNTS.map((key) => ({ head: key, by: sumsBy(by, key) })),
    { head: 'caught up after, ms', by: caughtUp, better: 'less' },
  ];
  const never = contenders.flatMap(({ id, name }) => {
    const rounds = by[id]?.rounds ?? [];
    const without = rounds.filter(({ caughtUpMs }) => caughtUpMs === null).length;
    return without === 0
      ? []
      : [`**${plain(name)}: not everybody caught up**, in ${without} of ${rounds.length} rounds`];
  });
  return [`Counts are sums of all rounds.\n\n${matrix('', contenders, columns)}`, bullets(never)];
}

function tablesOf(work: WorkId, comparison: Comparison): readonly string[] {
  switch (work) {
    case 'sustained':
      return sustainedTables(comparison);
    case 'connections':
      return connectionTables(comparison);
    case 'recovery':
      return recoveryTables(comparison);
    case 'windows':
    case 'channels':
    case 'payloads':
    case 'growth':
      return pointTables(POINT_WORKS[work], comparison);
  }
}

/** Who was left out of the work and why, and who failed at it and how. */
function absences(work: WorkId, { contenders, works }: Comparison): readonly string[] {
  const of = works[work] ?? [];
  const isPoints = (value: typeof of): value is readonly Point[] => Array.isArray(value);
  const failures = (id: string): readonly string[] => {
    if (!isPoints(of)) return [of[id]?.failure ?? ''];
    return [...new Set(of.map(({ by }) => by[id]?.failure ?? ''))];
  };
  return contenders.flatMap(({ id, name, obstacle, leftOut }) => {
    const failed = failures(id).filter((failure) => failure !== '');
    const left = obstacle === '' ? leftOut[work] : undefined;
    return [
      ...(left === undefined ? [] : [`${plain(name)} is left out: ${plain(left)}`]),
      ...failed.map((failure) => `**${plain(name)} failed**: ${plain(failure)}`),
    ];
  });
}

/** Its images, by file name. */
export type ImagesOf = (work: WorkId) => readonly { file: string; title: string }[];

/** One work: what was done, plots, tables, whom and what not to believe, and the hand-written remark. */
export function section(
  work: WorkId,
  comparison: Comparison,
  { images, remark }: { images: ImagesOf; remark: string },
): string {
  if (comparison.works[work] === undefined) return `## ${titleOf(work)}\n\nNot part of this run.`;
  return paragraphs([
    `## ${titleOf(work)}`,
    aboutOf(work),
    ...images(work).map(({ file, title }) => `![${title}](benchmarks/${file})`),
    ...tablesOf(work, comparison),
    bullets([...warningsOf(work, comparison), ...absences(work, comparison)]),
    remark,
  ]);
}

export const sections = (
  comparison: Comparison,
  images: ImagesOf,
  remarks: Remarks,
): readonly string[] =>
  WORKS.map((work) => section(work, comparison, { images, remark: remarks[work] ?? '' }));
