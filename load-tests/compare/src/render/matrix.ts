import type { ContenderInfo } from '../result.js';
import { groupByClass, type ClassGroup } from './classes.js';
import { ratioOf, spreadOfFigures, type Better, type FiguresBy } from './figures.js';
import { plain, table } from './markdown.js';
import { formatRatio, formatSpread, NONE } from './numbers.js';
import { bestPeer, firstOf, rank } from './ranking.js';

/** A column of figures. */
export interface Column {
  readonly head: string;
  readonly by: FiguresBy;
  /** Undefined: a figure of which none is first. */
  readonly better?: Better;
  readonly isMarked?: (id: string) => boolean;
}

function cellOf({ by, better, isMarked }: Column, group: ClassGroup, id: string): string {
  const figures = by[id];
  if (figures === undefined) return NONE;
  if (figures.failure !== '') return 'failed';
  const text = formatSpread(spreadOfFigures(figures));
  const isFirst =
    better !== undefined &&
    isRanked(group) &&
    firstOf(rank(group.contenders, by, better)).some((contender) => contender.id === id);
  return `${isFirst ? `**${text}**` : text}${isMarked?.(id) ? ' †' : ''}`;
}

/** newswire ÷ the best peer of its class, which may be another one in each column. */
function ratioCell({ by, better }: Column, group: ClassGroup, ours: ContenderInfo): string {
  if (better === undefined) return '';
  const peer = bestPeer(group.contenders, by, better)?.contender;
  const ratio = peer && ratioOf(by[ours.id], by[peer.id]);
  return ratio && peer ? `${formatRatio(ratio)}, ${plain(peer.name)}` : NONE;
}

const isRanked = (group: ClassGroup) => group.contenders.some(({ kind }) => kind === 'peer');

/** Who has no figure in any column has no row: it is named elsewhere. */
const isThere = (columns: readonly Column[], { id }: ContenderInfo) =>
  columns.some(({ by }) => by[id] !== undefined);

function rowsOf(group: ClassGroup, columns: readonly Column[]): readonly (readonly string[])[] {
  const contenders = group.contenders.filter((contender) => isThere(columns, contender));
  if (contenders.length === 0) return [];
  const ours = contenders.filter(({ kind }) => kind === 'newswire');
  const hasRatios = isRanked(group) && columns.some(({ better }) => better !== undefined);
  return [
    [`_${group.title}_`, ...columns.map(() => '')],
    ...contenders.map(({ id, name }) => [
      plain(name),
      ...columns.map((column) => cellOf(column, group, id)),
    ]),
    ...(hasRatios ? ours : []).map((each) => [
      `${plain(each.name)} ÷ best peer`,
      ...columns.map((column) => ratioCell(column, group, each)),
    ]),
  ];
}

/** Contenders by class: median (lowest–highest round), the first of each class in bold. */
export function matrix(
  corner: string,
  contenders: readonly ContenderInfo[],
  columns: readonly Column[],
): string {
  const rows = groupByClass(contenders).flatMap((group) => rowsOf(group, columns));
  return table([corner, ...columns.map(({ head }) => head)], rows);
}
