import type { GeneratorArgs, LoadResult } from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import type { Point } from '../result.js';
import type { Settings } from '../settings.js';
import { faultOf } from '../judge.js';
import { inOrder, sheetsFor, takeTurn } from './turns.js';
import { publishTo, type Stage } from './work.js';

/** A load, and the number that it stands at on the axis. */
export interface Setting {
  readonly at: number;
  readonly args: GeneratorArgs;
  /** Measured of it, where it is not what the plan says. */
  readonly seconds?: number;
}

export interface PointsPlan {
  readonly rounds: number;
  readonly seconds: number;
  readonly all: readonly Setting[];
  /** What the generator is told besides, for that contender. */
  readonly argsOf?: (contender: Contender) => GeneratorArgs;
}

/** Every contender at every setting in every round, by turns. */
export async function measurePoints(
  { contenders, lineup, settings, say }: Stage,
  { rounds, seconds, all, argsOf = () => [] }: PointsPlan,
): Promise<readonly Point[]> {
  const points = all.map((setting) => ({ ...setting, by: sheetsFor<LoadResult>(contenders) }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { at, args, by, seconds: time = seconds } of points) {
      for (const contender of inOrder(contenders, round)) {
        const sheet = by[contender.id];
        const wasWell = sheet?.failure === '';
        const act = () =>
          lineup.run(contender, (system) =>
            publishTo(system, settings, time, [...args, ...argsOf(contender)]),
          );
        await takeTurn(sheet, act, faultOf);
        if (wasWell && sheet.failure !== '') say(`${contender.id} at ${at}: ${sheet.failure}`);
      }
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  return points.map(({ at, by }) => ({ at, by }));
}

/** Its part of the estimate. */
export function pointSeconds(
  { warmSeconds, overheadSeconds }: Settings,
  { rounds, seconds, all }: PointsPlan,
): number {
  return rounds * all.length * (warmSeconds + seconds + overheadSeconds);
}
