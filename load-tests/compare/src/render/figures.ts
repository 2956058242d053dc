import { spreadOf, type Spread } from '@newswire/load-harness';
import type { ByContender } from '../result.js';

/** A contender's rounds of one figure, in their order; NaN where a round has none. */
export interface Figures {
  readonly rounds: readonly number[];
  /** Why it could not do this work; empty when it could. */
  readonly failure: string;
}

/** By the contender's id. */
export type FiguresBy = Readonly<Record<string, Figures>>;

/** JSON has null where a figure was NaN, whatever the type says. */
export type Pick<T> = (round: T) => number | null | undefined;

/** Which of two figures is the better one. */
export type Better = 'more' | 'less';

export function figuresBy<T>(by: ByContender<T>, pick: Pick<T>): FiguresBy {
  const figures = Object.entries(by).map(([id, { rounds, failure }]) => [
    id,
    { rounds: rounds.map((round) => pick(round) ?? Number.NaN), failure },
  ]);
  return Object.fromEntries(figures);
}

/** Of the rounds that have a figure; undefined when none has. */
export function spreadOfFinite(values: readonly number[]): Spread | undefined {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? undefined : spreadOf(finite);
}

/** Undefined for who is not there, has no figure, or failed: half a work done is no figure of it. */
export function spreadOfFigures(figures: Figures | undefined): Spread | undefined {
  if (figures === undefined || figures.failure !== '') return undefined;
  return spreadOfFinite(figures.rounds);
}

/** `a` ÷ `b` of each round, without the rounds in which one of them has no figure, or `b` is 0. */
export function ratiosOf(a: Figures, b: Figures): readonly number[] {
  const ofRounds = a.rounds.map((value, round) => value / (b.rounds[round] ?? Number.NaN));
  return ofRounds.filter(Number.isFinite);
}

/** The spread of a ratio of rounds, and how many rounds it is of. */
export interface Ratio extends Spread {
  readonly rounds: number;
}

/** Undefined where one of the two failed, or no round has both figures. */
export function ratioOf(a: Figures | undefined, b: Figures | undefined): Ratio | undefined {
  if (!a || !b || a.failure !== '' || b.failure !== '') return undefined;
  const ratios = ratiosOf(a, b);
  return ratios.length === 0 ? undefined : { ...spreadOf(ratios), rounds: ratios.length };
}

/** Some rounds have one of the two first, some the other. One round alone cannot show that. */
export function isNoise({ low, high, rounds }: Ratio): boolean {
  return rounds > 1 && low <= 1 && high >= 1;
}
