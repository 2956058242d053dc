// Whether newswire met its goals.
import type { ContenderInfo } from '../result.js';
import {
  computeRatio,
  findBestPeer,
  isNoise,
  rank,
  spreadFigures,
  type Ranked,
  type Ratio,
} from './figures.js';
import { formatNumber, formatPercent } from './format.js';
import type { Goal, Question } from './goals.js';

interface Judgement {
  /** `open`: it could not be judged. */
  readonly outcome: 'met' | 'missed' | 'open';
  /** `met`, or by how much it was missed, or why it could not be judged. */
  readonly text: string;
}

export interface Verdict extends Judgement {
  /** The contender that the ratio is to; undefined where the goal names none, or none has a figure. */
  readonly reference: Ranked | undefined;
  /** newswire ÷ the reference, of each round. */
  readonly ratio: Ratio | undefined;
}

/** One of newswire's set-ups, and all that are compared with it. */
export interface Field {
  readonly ours: ContenderInfo;
  /** Of the same class. */
  readonly peers: readonly ContenderInfo[];
  readonly raw: readonly ContenderInfo[];
}

function findReference({ goal, by, better }: Question, { peers, raw }: Field): Ranked | undefined {
  const isCentrifuge = ({ id }: ContenderInfo) => id.split('-').includes('centrifuge');
  switch (goal.beside) {
    case 'peers':
      return findBestPeer(peers, by, better);
    case 'raw':
      return rank(raw, by, better)[0];
    case 'centrifuge':
      return rank(peers.filter(isCentrifuge), by, better)[0];
    case 'nothing':
      return undefined;
  }
}

const NO_REFERENCE = {
  peers: 'no peer has a figure',
  raw: 'the limit has no figure',
  centrifuge: 'Centrifuge has no figure',
} as const;

function judgeRatio(
  goal: Exclude<Goal, { beside: 'nothing' }>,
  ratio: Ratio,
  isMore: boolean,
): Judgement {
  const { median, rounds } = ratio;
  const isReached = isMore ? median >= goal.ratio : median <= goal.ratio;
  const isExcused = goal.beside === 'peers' && goal.isNoiseEnough && isNoise(ratio);
  const noise = goal.ratio === 1 && isNoise(ratio) ? ', within noise' : '';
  const after = `${noise}${rounds === 1 ? ', one round only' : ''}`;
  if (isReached || isExcused) return { outcome: 'met', text: `met${after}` };
  const by = formatPercent(Math.abs(median / goal.ratio - 1));
  return { outcome: 'missed', text: `**missed by ${by}**${after}` };
}

/** Why newswire has no figure to judge; undefined when it has one. A failure of its own is a miss. */
function judgeAbsence({ by, work }: Question, { ours }: Field): Judgement | undefined {
  const figures = by[ours.id];
  if (figures === undefined) {
    const why = ours.obstacle || ours.leftOut[work] || 'it took no part';
    return { outcome: 'open', text: `not measured: ${why}` };
  }
  if (figures.failure !== '')
    return { outcome: 'missed', text: `**missed: it failed**: ${figures.failure}` };
  if (spreadFigures(figures)) return undefined;
  return { outcome: 'missed', text: '**missed: no round has a figure**' };
}

function judgeFigures(
  question: Question,
  { ours }: Field,
  { reference, ratio }: Pick<Verdict, 'reference' | 'ratio'>,
): Judgement {
  const { by, goal, better } = question;
  const own = spreadFigures(by[ours.id]);
  if (goal.beside === 'nothing') {
    const high = own?.high ?? Number.NaN;
    if (high <= goal.ceiling) return { outcome: 'met', text: 'met' };
    return { outcome: 'missed', text: `**missed by ${formatNumber(high - goal.ceiling)}**` };
  }
  if (reference === undefined)
    return { outcome: 'open', text: `not judged: ${NO_REFERENCE[goal.beside]}` };
  if (ratio) return judgeRatio(goal, ratio, better === 'more');
  // Every round of the other one is 0, or no round has both.
  const isBeaten = better === 'more' && reference.spread.high === 0 && (own?.median ?? 0) > 0;
  if (isBeaten) return { outcome: 'met', text: 'met: the best has 0' };
  return { outcome: 'open', text: 'not judged: no round has both figures' };
}

export function judge(question: Question, field: Field): Verdict {
  const { by } = question;
  const reference = findReference(question, field);
  const ratio = reference && computeRatio(by[field.ours.id], by[reference.contender.id]);
  const beside = { reference, ratio };
  return {
    ...(judgeAbsence(question, field) ?? judgeFigures(question, field, beside)),
    ...beside,
  };
}
