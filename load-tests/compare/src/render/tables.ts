// Tables of figures, for the page and for the terminal, and the warnings that belong to them.
import { sum } from 'd3-array';
import type { WorkId } from '../contender.js';
import { BUSY_SHARE, STRANGE_SHARE } from '../system/generator.js';
import {
  isPoints,
  type Comparison,
  type ContenderInfo,
  type LoadResult,
  type Point,
} from '../result.js';
import { groupByClass, type ClassGroup } from './classes.js';
import {
  computeRatio,
  computeSpread,
  findBestPeer,
  listFirst,
  rank,
  spreadFigures,
} from './figures.js';
import {
  escapeMarkdown,
  formatCount,
  formatRatio,
  formatSpread,
  formatTable,
  NONE,
  type TableStyle,
} from './format.js';
import {
  listColumns,
  listHeldSteps,
  listPointColumns,
  POINT_WORKS,
  type Column,
  type Measure,
  type PointWork,
} from './works.js';

const isRanked = ({ contenders }: ClassGroup) => contenders.some(({ kind }) => kind === 'peer');

function formatCell({ by, better, isMarked }: Column, group: ClassGroup, id: string): string {
  const figures = by[id];
  if (figures === undefined) return NONE;
  if (figures.failure !== '') return 'failed';
  const text = formatSpread(spreadFigures(figures));
  const isFirst =
    better !== undefined &&
    isRanked(group) &&
    listFirst(rank(group.contenders, by, better)).some((contender) => contender.id === id);
  return `${isFirst ? `**${text}**` : text}${isMarked?.(id) ? ' †' : ''}`;
}

/** newswire ÷ the best peer of its class, which may be another one in each column. */
function formatRatioCell({ by, better }: Column, group: ClassGroup, ours: ContenderInfo): string {
  if (better === undefined) return '';
  const peer = findBestPeer(group.contenders, by, better)?.contender;
  const ratio = peer && computeRatio(by[ours.id], by[peer.id]);
  return ratio && peer ? `${formatRatio(ratio)}, ${escapeMarkdown(peer.name)}` : NONE;
}

function listRows(group: ClassGroup, columns: readonly Column[]): readonly (readonly string[])[] {
  // A contender without a figure in any column has no row: it is named elsewhere.
  const contenders = group.contenders.filter(({ id }) => columns.some(({ by }) => by[id]));
  if (contenders.length === 0) return [];
  const hasRatios = isRanked(group) && columns.some(({ better }) => better !== undefined);
  const ours = hasRatios ? contenders.filter(({ kind }) => kind === 'newswire') : [];
  return [
    [`_${group.title}_`, ...columns.map(() => '')],
    ...contenders.map(({ id, name }) => [
      escapeMarkdown(name),
      ...columns.map((column) => formatCell(column, group, id)),
    ]),
    ...ours.map((each) => [
      `${escapeMarkdown(each.name)} ÷ best peer`,
      ...columns.map((column) => formatRatioCell(column, group, each)),
    ]),
  ];
}

/** Contenders by class: median (lowest–highest round), the first of each class in bold. */
export function formatMatrix(
  contenders: readonly ContenderInfo[],
  columns: readonly Column[],
  style: TableStyle = {},
): string {
  const rows = groupByClass(contenders).flatMap((group) => listRows(group, columns));
  return formatTable(['', ...columns.map(({ head }) => head)], rows, style);
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** A table for each measure of some loads. */
export function formatPointTables(
  points: readonly Point[],
  {
    axis,
    formatAt,
    measures,
  }: Pick<PointWork, 'axis' | 'formatAt'> & { readonly measures: readonly Measure[] },
  contenders: readonly ContenderInfo[],
  style: TableStyle = {},
): readonly string[] {
  return measures.map((measure) => {
    const columns = listPointColumns(points, measure, { formatAt, isBusy: isGeneratorBusy });
    const table = formatMatrix(contenders, columns, style);
    return `${capitalize(measure.label)}, by ${axis}:\n\n${table}`;
  });
}

/** All tables of a work. */
export function formatWork(
  work: WorkId,
  { contenders, works }: Comparison,
  style: TableStyle = {},
): readonly string[] {
  const data = works[work];
  if (data === undefined) return [];
  if (isPoints(data) && work in POINT_WORKS) {
    return formatPointTables(data, POINT_WORKS[work as PointWork['id']], contenders, style);
  }
  return [formatMatrix(contenders, listColumns(works, work), style)];
}

/** All rounds of a contender at one setting. */
export interface Runs {
  /** Such as `NATS at 64`. */
  readonly name: string;
  readonly results: readonly LoadResult[];
}

function isGeneratorBusy(results: readonly LoadResult[]): boolean {
  return (computeSpread(results.map((r) => r.generator_cpu_share))?.median ?? 0) > BUSY_SHARE;
}

/** The loads of a work; those of a ladder are its steps that held. */
export function listRuns(work: WorkId, { contenders, works }: Comparison): readonly Runs[] {
  const { sustained = {} } = works;
  if (work === 'sustained') {
    return contenders.map(({ id, name }) => ({
      name: escapeMarkdown(name),
      results: (sustained[id]?.rounds ?? []).flatMap(listHeldSteps).map(({ result }) => result),
    }));
  }
  const data = works[work];
  if (!data || !isPoints(data)) return [];
  const { formatAt } = POINT_WORKS[work as PointWork['id']];
  return data.flatMap(({ at, by }) =>
    contenders.map(({ id, name }) => ({
      name: `${escapeMarkdown(name)} at ${formatAt(at)}`,
      results: by[id]?.rounds ?? [],
    })),
  );
}

const COUNTS = ['lost', 'doubled', 'reordered'] as const;

function listFaults({ name, results }: Runs): readonly string[] {
  const counts = COUNTS.map((key) => ({ key, count: sum(results, (r) => r[key]) }))
    .filter(({ count }) => count > 0)
    .map(({ key, count }) => `${formatCount(count)} ${key}`);
  const late = sum(results, (r) => r.undrained);
  const lateText = late > 0 ? ` (${formatCount(late)} of them only late)` : '';
  const refused = sum(results, (r) => r.publishes_refused);
  const refusal = results.find((r) => r.first_refusal !== '')?.first_refusal ?? '';
  const stalls = sum(results, (r) => r.stalls);
  const codes = [...new Set(results.flatMap((r) => Object.keys(r.closes ?? {})))].map(
    (code) => `${code} × ${formatCount(sum(results, (r) => r.closes[code] ?? 0))}`,
  );
  return [
    counts.length > 0 ? `**${name}: ${counts.join(', ')}**${lateText}` : '',
    refused > 0
      ? `**${name}: ${formatCount(refused)} publications refused**: ${escapeMarkdown(refusal)}`
      : '',
    codes.length > 0 ? `**${name}: subscribers were closed**: ${codes.join(', ')}` : '',
    stalls > 0 ? `${name}: nothing came for a second, ${formatCount(stalls)} times` : '',
  ].filter((text) => text !== '');
}

/** What a reader must know before believing the figures: faults, a generator at its limit, other work. */
export function listWarnings(runs: readonly Runs[]): readonly string[] {
  const busy = runs.filter(({ results }) => isGeneratorBusy(results)).map(({ name }) => name);
  const shares = runs.flatMap(({ results }) => results.map((r) => r.strange_cpu_share));
  const disturbed = shares.filter((share) => share > STRANGE_SHARE);
  return [
    ...runs.flatMap(listFaults),
    busy.length > 0
      ? `**The generator was the limit** (more than ${BUSY_SHARE} of its core, marked †): ${busy.join('; ')}. These figures are floors of what the server can do.`
      : '',
    disturbed.length > 0
      ? `**The machine was disturbed**: other work used more than ${STRANGE_SHARE} of a core in ${disturbed.length} of ${shares.length} runs, up to ${Math.max(...disturbed).toFixed(2)}.`
      : '',
  ].filter((text) => text !== '');
}
