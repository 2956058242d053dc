import { max, median, min } from 'd3-array';
import type { ByContender, ContenderInfo } from '../result.js';

/** The median of some rounds, and the lowest and highest of them. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The spread of a ratio of rounds, and how many rounds it is of. */
export interface Ratio extends Spread {
  readonly rounds: number;
}

/** A contender's rounds of one figure, in their order; NaN where a round has none. */
export interface Figures {
  readonly rounds: readonly number[];
  /** Why it could not do this work; empty when it could. */
  readonly failure: string;
}

/** By the contender's id. */
export type FiguresBy = Readonly<Record<string, Figures>>;

/** Which of two figures is the better one. */
export type Better = 'more' | 'less';

/** A figure that was NaN is null in JSON, although its type does not say so. */
export type PickFigure<T> = (round: T) => number | null | undefined;

export function pickFigures<T>(by: ByContender<T>, pick: PickFigure<T>): FiguresBy {
  return mapValues(by, ({ rounds, failure }) => ({
    rounds: rounds.map((round) => pick(round) ?? Number.NaN),
    failure,
  }));
}

export function mapValues<T, U>(
  by: Readonly<Record<string, T>>,
  convert: (value: T, key: string) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(by).map(([key, value]) => [key, convert(value, key)]));
}

/** Of the finite values; undefined when there is none. */
export function computeSpread(values: readonly number[]): Spread | undefined {
  const finite = values.filter(Number.isFinite);
  const [middle, low, high] = [median(finite), min(finite), max(finite)];
  if (middle === undefined || low === undefined || high === undefined) return undefined;
  return { median: middle, low, high };
}

/** Undefined for a contender that is not there, has no figure, or failed. */
export function spreadFigures(figures: Figures | undefined): Spread | undefined {
  return figures?.failure === '' ? computeSpread(figures.rounds) : undefined;
}

/** `a` ÷ `b`, round by round. Undefined where one of the two failed, or no round has both figures. */
export function computeRatio(a: Figures | undefined, b: Figures | undefined): Ratio | undefined {
  if (a?.failure !== '' || b?.failure !== '') return undefined;
  const ratios = a.rounds
    .map((value, round) => value / (b.rounds[round] ?? Number.NaN))
    .filter(Number.isFinite);
  const spread = computeSpread(ratios);
  return spread && { ...spread, rounds: ratios.length };
}

/** Some rounds have one of the two first, some the other. One round alone cannot show that. */
export function isNoise({ low, high, rounds }: Ratio): boolean {
  return rounds > 1 && low <= 1 && high >= 1;
}

export interface Ranked {
  readonly contender: ContenderInfo;
  readonly spread: Spread;
}

/** The contenders that have a figure, the best median first. */
export function rank(
  contenders: readonly ContenderInfo[],
  by: FiguresBy,
  better: Better,
): readonly Ranked[] {
  const ranked = contenders.flatMap((contender) => {
    const spread = spreadFigures(by[contender.id]);
    return spread ? [{ contender, spread }] : [];
  });
  const sign = better === 'more' ? -1 : 1;
  return ranked.toSorted((a, b) => sign * (a.spread.median - b.spread.median));
}

/** All that share the best median. */
export function listFirst(ranked: readonly Ranked[]): readonly ContenderInfo[] {
  const best = ranked[0]?.spread.median;
  return ranked.filter(({ spread }) => spread.median === best).map(({ contender }) => contender);
}

/** The peer with the best median among those contenders. */
export function findBestPeer(
  contenders: readonly ContenderInfo[],
  by: FiguresBy,
  better: Better,
): Ranked | undefined {
  const peers = contenders.filter(({ kind }) => kind === 'peer');
  return rank(peers, by, better)[0];
}
