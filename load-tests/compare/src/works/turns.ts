import { sentenceOf } from '../judge.js';
import { Interrupted } from '../lineup.js';
import type { Contender } from '../contender.js';

/** A contender's rounds while they are made. */
export interface Sheet<T> {
  readonly rounds: T[];
  failure: string;
}

export type Sheets<T> = Readonly<Record<string, Sheet<T>>>;

export function sheetsFor<T>(contenders: readonly Contender[]): Sheets<T> {
  return Object.fromEntries(contenders.map(({ id }) => [id, { rounds: [], failure: '' }]));
}

/** Their order in that round: every other one goes backwards. */
export function inOrder(contenders: readonly Contender[], round: number): readonly Contender[] {
  return round % 2 === 0 ? contenders : contenders.toReversed();
}

/**
 * One turn of a contender. What it does wrong is its failure: it has no further turn on that sheet, and the
 * others go on. What it measured stays, also when `judge` finds fault with it.
 */
export async function takeTurn<T>(
  sheet: Sheet<T> | undefined,
  act: () => Promise<T>,
  judge: (result: T) => string = () => '',
): Promise<void> {
  if (!sheet || sheet.failure !== '') return;
  try {
    const result = await act();
    sheet.rounds.push(result);
    sheet.failure = judge(result);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    sheet.failure = sentenceOf(error);
  }
}
