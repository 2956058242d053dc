import type { ContenderInfo } from '../result.js';
import { isNoise, ratioOf, spreadOfFigures, type Ratio } from './figures.js';
import { formatNumber, formatPercent } from './numbers.js';
import type { Goal, Question } from './questions.js';
import { bestPeer, rank, type Ranked } from './ranking.js';

/** `open`: it could not be judged. */
export type Outcome = 'met' | 'missed' | 'open';

export interface Verdict {
  readonly outcome: Outcome;
  /** `met`, or by how much it was missed, or why nobody can say. */
  readonly text: string;
  /** Whom the ratio is to; undefined where the goal is about nobody, or nobody has a figure. */
  readonly reference: Ranked | undefined;
  /** newswire ÷ the reference, of each round. */
  readonly ratio: Ratio | undefined;
}

/** One of newswire's set-ups, and all who are compared with it. */
export interface Field {
  readonly ours: ContenderInfo;
  /** Of the same class. */
  readonly peers: readonly ContenderInfo[];
  readonly raw: readonly ContenderInfo[];
}

/** Whom the goal is about; undefined: they have no figure. */
function referenceOf({ goal, by, better }: Question, { peers, raw }: Field): Ranked | undefined {
  switch (goal.beside) {
    case 'peers':
      return bestPeer(peers, by, better);
    case 'raw':
      return rank(raw, by, better)[0];
    case 'centrifuge':
      return rank(
        peers.filter(({ id }) => id.split('-').includes('centrifuge')),
        by,
        better,
      )[0];
    case 'nobody':
      return undefined;
  }
}

const WITHOUT = {
  peers: 'no peer has a figure',
  raw: 'the limit has no figure',
  centrifuge: 'Centrifuge has no figure',
  nobody: '',
} as const;

/** As in the overview's column of goals. */
export function goalText({ goal, better }: Question): string {
  if (goal.beside === 'nobody') return `at most ${goal.ceiling} in every round`;
  const bound = `${better === 'more' ? '≥' : '≤'} ${goal.ratio}`;
  if (goal.beside === 'raw') return `${bound} × the limit`;
  if (goal.beside === 'centrifuge') return `${bound} × Centrifuge`;
  if (goal.ratio !== 1) return `${bound} × the best peer`;
  return goal.isNoiseEnough ? 'first, or within noise' : 'first';
}

function afterwords(goal: Goal, ratio: Ratio): string {
  const noise = 'ratio' in goal && goal.ratio === 1 && isNoise(ratio) ? ', within noise' : '';
  return `${noise}${ratio.rounds === 1 ? ', one round only' : ''}`;
}

function judgeRatio({ goal, better }: Question, ratio: Ratio): Pick<Verdict, 'outcome' | 'text'> {
  if (goal.beside === 'nobody') throw new Error('a goal beside nobody has no ratio');
  const { median } = ratio;
  const isReached = better === 'more' ? median >= goal.ratio : median <= goal.ratio;
  const isExcused = goal.beside === 'peers' && goal.isNoiseEnough && isNoise(ratio);
  const after = afterwords(goal, ratio);
  if (isReached || isExcused) return { outcome: 'met', text: `met${after}` };
  const by = formatPercent(Math.abs(median / goal.ratio - 1));
  return { outcome: 'missed', text: `**missed by ${by}**${after}` };
}

function judgeCeiling(
  { by }: Question,
  { ours }: Field,
  ceiling: number,
): Pick<Verdict, 'outcome' | 'text'> {
  const high = spreadOfFigures(by[ours.id])?.high ?? Number.NaN;
  if (high <= ceiling) return { outcome: 'met', text: 'met' };
  return { outcome: 'missed', text: `**missed by ${formatNumber(high - ceiling)}**` };
}

/** Why newswire has no figure to judge; empty when it has one. A failure of its own is a miss. */
function withoutOurs(
  { by, work }: Question,
  { ours }: Field,
): Pick<Verdict, 'outcome' | 'text'> | undefined {
  const figures = by[ours.id];
  if (figures === undefined) {
    const why = ours.obstacle || ours.leftOut[work] || 'it took no part';
    return { outcome: 'open', text: `not measured: ${why}` };
  }
  if (figures.failure !== '')
    return { outcome: 'missed', text: `**missed: it failed**: ${figures.failure}` };
  if (spreadOfFigures(figures) === undefined)
    return { outcome: 'missed', text: '**missed: no round has a figure**' };
  return undefined;
}

export function judge(question: Question, field: Field): Verdict {
  const { by, goal, better } = question;
  const reference = referenceOf(question, field);
  const ratio = reference && ratioOf(by[field.ours.id], by[reference.contender.id]);
  const beside = { reference, ratio };
  const without = withoutOurs(question, field);
  if (without) return { ...without, ...beside };
  if (goal.beside === 'nobody')
    return { ...judgeCeiling(question, field, goal.ceiling), ...beside };
  if (reference === undefined)
    return { outcome: 'open', text: `not judged: ${WITHOUT[goal.beside]}`, ...beside };
  if (ratio) return { ...judgeRatio(question, ratio), ...beside };
  // Every round of the other one is 0, or no round has both.
  const isBeaten = better === 'more' && reference.spread.high === 0;
  const ownMedian = spreadOfFigures(by[field.ours.id])?.median ?? 0;
  if (isBeaten && ownMedian > 0) return { outcome: 'met', text: 'met: the best has 0', ...beside };
  return { outcome: 'open', text: 'not judged: no round has both figures', ...beside };
}
