// What newswire wants of each figure.
import type { WorkId } from '../contender.js';
import type { Point, Works } from '../result.js';
import { computeSpread, mapValues, pickFigures, type Better, type FiguresBy } from './figures.js';
import {
  CPU,
  DELIVERIES,
  pickSustained,
  POINT_WORKS,
  type Measure,
  type PointWork,
} from './works.js';

/** `ratio` is newswire ÷ the other one: a floor or a ceiling. */
export type Goal =
  /** `isNoiseEnough`: that rounds differ about who is first is enough. */
  | { readonly beside: 'peers'; readonly ratio: number; readonly isNoiseEnough: boolean }
  | { readonly beside: 'raw'; readonly ratio: number }
  | { readonly beside: 'centrifuge'; readonly ratio: number }
  /** No round exceeds the ceiling. The other servers do not count. */
  | { readonly beside: 'nothing'; readonly ceiling: number };

/** A row of the overview. */
export interface Question {
  readonly work: WorkId;
  readonly label: string;
  readonly better: Better;
  readonly by: FiguresBy;
  readonly goal: Goal;
}

/** With so many in flight and more, newswire wants to be twice as fast as the best peer. */
const JOINING_WINDOW = 64;
/** Per delivery, most subscribers ÷ the cheapest number of them: above that it is not linear. */
export const LINEAR_CEILING = 1.25;

const first: Goal = { beside: 'peers', ratio: 1, isNoiseEnough: false };
const firstOrNoise: Goal = { beside: 'peers', ratio: 1, isNoiseEnough: true };
const twice: Goal = { beside: 'peers', ratio: 2, isNoiseEnough: false };
const nearRaw: Goal = { beside: 'raw', ratio: 0.95 };
const fifthOfCentrifuge: Goal = { beside: 'centrifuge', ratio: 1 / 5 };

/** Asks for a measure at each of some points. */
function askAtPoints(
  id: PointWork['id'],
  points: readonly Point[],
  { label, pick, better }: Measure & { better: Better },
  goal: Goal,
): readonly Question[] {
  const { labelAt } = POINT_WORKS[id];
  return points.map(({ at, by }) => ({
    work: id,
    label: `${labelAt(at)}: ${label}`,
    better,
    by: pickFigures(by, pick),
    goal,
  }));
}

function askOfWindow(point: Point): readonly Question[] {
  const ask = (measure: Measure & { better: Better }, goal: Goal) =>
    askAtPoints('windows', [point], measure, goal);
  if (point.at > 1) {
    const speed = point.at >= JOINING_WINDOW ? twice : first;
    return [...ask(DELIVERIES, speed), ...ask(CPU, first)];
  }
  return [...ask(DELIVERIES, firstOrNoise), ...ask(DELIVERIES, nearRaw), ...ask(CPU, firstOrNoise)];
}

/** Of each round: CPU per delivery with the most subscribers ÷ that with the number that costs least. */
function computeRise(points: readonly Point[]): FiguresBy {
  const costs = points.toSorted((a, b) => a.at - b.at).map(({ by }) => pickFigures(by, CPU.pick));
  return mapValues(costs.at(-1) ?? {}, (figures, id) => ({
    failure: costs.map((by) => by[id]?.failure ?? '').find((text) => text !== '') ?? '',
    rounds: figures.rounds.map((cost, round) => {
      const others = costs.map((by) => by[id]?.rounds[round] ?? Number.NaN);
      return cost / (computeSpread(others)?.low ?? Number.NaN);
    }),
  }));
}

function askOfGrowth(points: readonly Point[]): readonly Question[] {
  if (points.length === 0) return [];
  const most = points.toSorted((a, b) => a.at - b.at).slice(-1);
  const rise: Question = {
    work: 'growth',
    label: 'Linear cost: CPU per delivery to the most subscribers ÷ to the cheapest number of them',
    better: 'less',
    by: computeRise(points),
    goal: { beside: 'nothing', ceiling: LINEAR_CEILING },
  };
  return [...askAtPoints('growth', most, CPU, firstOrNoise), rise];
}

/** What the run answers, in the order of the works. */
export function listQuestions(works: Works): readonly Question[] {
  const { windows = [], channels = [], payloads = [], growth = [] } = works;
  const { sustained, connections, recovery } = works;
  const ask = (
    work: WorkId,
    label: string,
    by: FiguresBy,
    goal: Goal,
    better: Better = 'less',
  ) => ({
    work,
    label,
    better,
    by,
    goal,
  });
  const ofConnections = (by: NonNullable<Works['connections']>): readonly Question[] => {
    const memory = pickFigures(by, (r) => r.kib_per_connection);
    const cost = pickFigures(by, (r) => r.connect_cpu_us);
    return [
      ask('connections', 'Connections: µs of CPU to connect', cost, firstOrNoise),
      ask('connections', 'Connections: KiB each', memory, first),
      ask('connections', 'Connections: KiB each', memory, fifthOfCentrifuge),
    ];
  };
  const ofRecovery = (by: NonNullable<Works['recovery']>): readonly Question[] => {
    const lost = pickFigures(by, (r) => r.lost);
    const time = pickFigures(by, (r) => r.caughtUpMs);
    return [
      ask('recovery', 'Recovery: lost', lost, { beside: 'nothing', ceiling: 0 }),
      ask('recovery', 'Recovery: ms until all had everything', time, first),
    ];
  };
  const most = sustained && pickFigures(sustained, pickSustained);
  return [
    ...windows.flatMap(askOfWindow),
    ...(most
      ? [ask('sustained', `Sustained maximum: ${DELIVERIES.label}`, most, twice, 'more')]
      : []),
    ...askAtPoints('channels', channels, DELIVERIES, first),
    ...askAtPoints('payloads', payloads, DELIVERIES, first),
    ...(connections ? ofConnections(connections) : []),
    ...askOfGrowth(growth),
    ...(recovery ? ofRecovery(recovery) : []),
  ];
}

/** As in the overview's column of goals. */
export function formatGoal({ goal, better }: Pick<Question, 'goal' | 'better'>): string {
  if (goal.beside === 'nothing') return `at most ${goal.ceiling} in every round`;
  const bound = `${better === 'more' ? '≥' : '≤'} ${goal.ratio}`;
  if (goal.beside === 'raw') return `${bound} × the limit`;
  if (goal.beside === 'centrifuge') return `${bound} × Centrifuge`;
  if (goal.ratio !== 1) return `${bound} × the best peer`;
  return goal.isNoiseEnough ? 'first, or within noise' : 'first';
}
