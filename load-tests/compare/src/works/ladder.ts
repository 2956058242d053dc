import { describeFault } from '../judge.js';
import type { LoadResult } from '../result.js';

/** A rate that was tried. */
export interface Rung {
  readonly ratePerS: number;
  readonly held: boolean;
}

export interface LadderSettings {
  /** The first rate of every contender. */
  readonly firstPerS: number;
  /** No lower rate is tried. */
  readonly lowestPerS: number;
  /** The most steps that a ladder has. */
  readonly maxSteps: number;
}

const GROWTH = 2;

/** The maximum is known when the rate that did not hold is so close to the one that did. */
const PRECISION = 1.1;

/** p99 above it ends the ladder. */
export const P99_LIMIT_MS = 100;

/** Publishing less than this of what was due is being behind schedule, and not how the clock's ticks fell. */
export const ON_SCHEDULE = 0.95;

/** Whether a rate was sustained: everything came, soon, and publishing kept to its schedule. */
export function holds(ratePerS: number, result: LoadResult): boolean {
  const isOnSchedule = result.publishes_per_s >= ratePerS * ON_SCHEDULE;
  return describeFault(result) === '' && result.latency_ms.p99 <= P99_LIMIT_MS && isOnSchedule;
}

/** Highest rate that held; 0 when none did. */
export function findHighestHeld(rungs: readonly Rung[]): number {
  return Math.max(0, ...rungs.filter(({ held }) => held).map(({ ratePerS }) => ratePerS));
}

/**
 * The next rate to try, in publications a second; undefined when the maximum is known. Doubles until a rate
 * does not hold (or halves until one does), then closes in. The first rate that does not hold is tried twice:
 * something else on the machine may have disturbed it.
 */
export function chooseNextRate(
  rungs: readonly Rung[],
  settings: LadderSettings,
): number | undefined {
  const { firstPerS, lowestPerS, maxSteps } = settings;
  const last = rungs.at(-1);
  if (last === undefined) return firstPerS;
  if (rungs.length >= maxSteps) return undefined;
  const held = findHighestHeld(rungs);
  const failures = rungs.filter(({ ratePerS, held: did }) => !did && ratePerS > held);
  if (failures.length === 0) return held * GROWTH;
  const failed = Math.min(...failures.map(({ ratePerS }) => ratePerS));
  if (failures.length === 1 && !last.held) return failed;
  if (held > 0) {
    return failed / held <= PRECISION ? undefined : Math.round(Math.sqrt(held * failed));
  }
  const lower = Math.round(failed / GROWTH);
  return lower >= lowestPerS ? lower : undefined;
}
