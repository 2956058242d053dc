import type { LoadResult } from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import { faultOf, sentenceOf } from '../judge.js';
import { highestHeld, holds, nextRate, type LadderSettings, type Rung } from '../ladder.js';
import { Interrupted } from '../lineup.js';
import type { Sustained } from '../result.js';
import { roundsOf, type Settings } from '../settings.js';
import { inOrder, sheetsFor } from './turns.js';
import { publishTo, type Stage, type Work } from './work.js';

const ROUNDS_SHARE = 1 / 3;
const TIMES = 2;
const USUAL_STEPS = 10;
const FULL: LadderSettings = { firstPerS: 250, lowestPerS: 5, maxSteps: 20 };
const SHORT: LadderSettings = { firstPerS: 50, lowestPerS: 50, maxSteps: 1 };

/** A contender on its ladder. */
class Climb {
  readonly steps: { ratePerS: number; result: LoadResult }[] = [];
  /** What the last step that could not be measured died of. */
  failure = '';
  readonly #rungs: Rung[] = [];
  readonly #settings: LadderSettings;

  constructor(
    readonly contender: Contender,
    settings: LadderSettings,
  ) {
    this.#settings = settings;
  }

  get next(): number | undefined {
    return nextRate(this.#rungs, this.#settings);
  }

  async step(ratePerS: number, run: () => Promise<LoadResult>): Promise<void> {
    try {
      const result = await run();
      this.steps.push({ ratePerS, result });
      this.#rungs.push({ ratePerS, held: holds(ratePerS, result) });
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      this.failure = sentenceOf(error);
      this.#rungs.push({ ratePerS, held: false });
    }
  }

  /** Undefined when no step could be measured. */
  get result(): Sustained | undefined {
    if (this.steps.length === 0) return undefined;
    const best = highestHeld(this.#rungs);
    const atBest = this.steps.find(({ ratePerS, result }) => {
      return ratePerS === best && holds(ratePerS, result);
    });
    return { deliveriesPerS: atBest?.result.deliveries_per_s ?? 0, steps: this.steps };
  }
}

/** One step of everybody who is still climbing; whether there was any. */
async function stepAll(
  climbs: readonly Climb[],
  { lineup, settings, say }: Stage,
): Promise<boolean> {
  let isClimbing = false;
  for (const climb of climbs) {
    const rate = climb.next;
    if (rate === undefined) continue;
    isClimbing = true;
    const args = ['--connections', settings.connections, '--rate', rate];
    const seconds = settings.seconds * TIMES;
    const { contender } = climb;
    await climb.step(rate, () =>
      lineup.run(contender, (system) => publishTo(system, settings, seconds, args)),
    );
    if (climb.next === undefined) {
      const found = climb.result?.deliveriesPerS ?? climb.failure;
      say(`${contender.id}: ${found}`);
    }
  }
  return isClimbing;
}

/** A step that loses is how a ladder ends; but a short one has just one, which nobody should fail at. */
function faultOfShort({ steps }: Sustained, { isShort }: Settings): string {
  const [first] = steps;
  return isShort && first ? faultOf(first.result) : '';
}

const roundsFor = (settings: Settings) => roundsOf(settings, ROUNDS_SHARE);

/** Open loop at rising rates, everybody step by step, until p99 or a loss says that it was too much. */
export const sustained: Work<'sustained'> = {
  secondsEach: (settings) => {
    const steps = settings.isShort ? 1 : USUAL_STEPS;
    const each = settings.seconds * TIMES + settings.warmSeconds + settings.overheadSeconds;
    return roundsFor(settings) * steps * each;
  },
  measure: async (stage) => {
    const { contenders, settings } = stage;
    const by = sheetsFor<Sustained>(contenders);
    for (let round = 0; round < roundsFor(settings); round += 1) {
      const ladder = settings.isShort ? SHORT : FULL;
      const taking = inOrder(contenders, round).filter(({ id }) => by[id]?.failure === '');
      const climbs = taking.map((contender) => new Climb(contender, ladder));
      for (let isClimbing = true; isClimbing;) isClimbing = await stepAll(climbs, stage);
      for (const { contender, result, failure } of climbs) {
        const sheet = by[contender.id];
        if (!sheet) continue;
        if (result) sheet.rounds.push(result);
        sheet.failure = result ? faultOfShort(result, settings) : failure;
      }
    }
    return by;
  },
};
