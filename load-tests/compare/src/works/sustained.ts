import type { Contender } from '../contender.js';
import { describeFault, toSentence } from '../judge.js';
import { Interrupted } from '../lineup.js';
import type { LoadResult, Sustained } from '../result.js';
import { countRounds, type Settings } from '../settings.js';
import {
  chooseNextRate,
  findHighestHeld,
  holds,
  type LadderSettings,
  type Rung,
} from './ladder.js';
import { createSheets, order, publishTo, type Stage, type Work } from './work.js';

const ROUNDS_SHARE = 1 / 3;
const TIMES = 2;
const USUAL_STEPS = 10;
const FULL: LadderSettings = { firstPerS: 250, lowestPerS: 5, maxSteps: 20 };
const SHORT: LadderSettings = { firstPerS: 50, lowestPerS: 50, maxSteps: 1 };

/** A contender on its ladder. */
class Climb {
  readonly steps: { ratePerS: number; result: LoadResult }[] = [];
  /** Why the last step could not be measured. */
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
    return chooseNextRate(this.#rungs, this.#settings);
  }

  async step(ratePerS: number, run: () => Promise<LoadResult>): Promise<void> {
    try {
      const result = await run();
      this.steps.push({ ratePerS, result });
      this.#rungs.push({ ratePerS, held: holds(ratePerS, result) });
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      this.failure = toSentence(error);
      this.#rungs.push({ ratePerS, held: false });
    }
  }

  /** Undefined when no step could be measured. */
  get result(): Sustained | undefined {
    if (this.steps.length === 0) return undefined;
    const best = findHighestHeld(this.#rungs);
    const atBest = this.steps.find(({ ratePerS, result }) => {
      return ratePerS === best && holds(ratePerS, result);
    });
    return { deliveriesPerS: atBest?.result.deliveries_per_s ?? 0, steps: this.steps };
  }
}

/** One step of each contender that is still climbing; whether there was any. */
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

/** A ladder ends with a step that loses; but a short one has a single step, which must hold. */
function describeShortFault({ steps }: Sustained, { isShort }: Settings): string {
  const [first] = steps;
  return isShort && first ? describeFault(first.result) : '';
}

/** Open loop at rising rates, all contenders step by step, until p99 or a loss says that it was too much. */
export const sustained: Work<'sustained'> = {
  estimateSeconds: (settings) => {
    const steps = settings.isShort ? 1 : USUAL_STEPS;
    const each = settings.seconds * TIMES + settings.warmSeconds + settings.overheadSeconds;
    return countRounds(settings, ROUNDS_SHARE) * steps * each;
  },
  measure: async (stage) => {
    const { contenders, settings } = stage;
    const by = createSheets<Sustained>(contenders);
    for (let round = 0; round < countRounds(settings, ROUNDS_SHARE); round += 1) {
      const ladder = settings.isShort ? SHORT : FULL;
      const taking = order(contenders, round).filter(({ id }) => by[id]?.failure === '');
      const climbs = taking.map((contender) => new Climb(contender, ladder));
      for (let isClimbing = true; isClimbing;) isClimbing = await stepAll(climbs, stage);
      for (const { contender, result, failure } of climbs) {
        const sheet = by[contender.id];
        if (!sheet) continue;
        if (result) sheet.rounds.push(result);
        sheet.failure = result ? describeShortFault(result, settings) : failure;
      }
    }
    return by;
  },
};
