import type { Spread } from '@newswire/load-harness';
import type { ContenderInfo } from '../result.js';
import { ratioOf, spreadOfFigures, type Better, type FiguresBy, type Ratio } from './figures.js';

export interface Ranked {
  readonly contender: ContenderInfo;
  readonly spread: Spread;
}

/** Those of them that have a figure, the best median first. */
export function rank(
  contenders: readonly ContenderInfo[],
  by: FiguresBy,
  better: Better,
): readonly Ranked[] {
  const ranked = contenders.flatMap((contender) => {
    const spread = spreadOfFigures(by[contender.id]);
    return spread ? [{ contender, spread }] : [];
  });
  const sign = better === 'more' ? -1 : 1;
  return ranked.toSorted((a, b) => sign * (a.spread.median - b.spread.median));
}

/** All who share the best median; nobody when nobody has a figure. */
export function firstOf(ranked: readonly Ranked[]): readonly ContenderInfo[] {
  const best = ranked[0]?.spread.median;
  return ranked.filter(({ spread }) => spread.median === best).map(({ contender }) => contender);
}

/** The peer with the best median among those contenders. */
export function bestPeer(
  contenders: readonly ContenderInfo[],
  by: FiguresBy,
  better: Better,
): Ranked | undefined {
  const peers = contenders.filter(({ kind }) => kind === 'peer');
  return rank(peers, by, better)[0];
}

/** A contender's figure ÷ another one's, round by round. */
export function ratioBetween(by: FiguresBy, id: string, otherId: string): Ratio | undefined {
  return ratioOf(by[id], by[otherId]);
}
