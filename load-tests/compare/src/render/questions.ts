import type { WorkId } from '../contender.js';
import type { Point, Works } from '../result.js';
import { figuresBy, spreadOfFinite, type Better, type FiguresBy } from './figures.js';
import { CPU, DELIVERIES, POINT_WORKS, type Measure, type PointWork } from './works.js';

/** What newswire wants of a figure. `ratio` is newswire ÷ the other one: a floor or a ceiling. */
export type Goal =
  /** `isNoiseEnough`: that rounds differ about who is first is enough. */
  | { readonly beside: 'peers'; readonly ratio: number; readonly isNoiseEnough: boolean }
  | { readonly beside: 'raw'; readonly ratio: number }
  | { readonly beside: 'centrifuge'; readonly ratio: number }
  /** No round has more than that, whatever others do. */
  | { readonly beside: 'nobody'; readonly ceiling: number };

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
const RAW_SHARE = 0.95;
const CENTRIFUGE_SHARE = 1 / 5;
const TWICE = 2;

/** Per delivery, most subscribers ÷ the cheapest number of them: above that it is not linear. */
export const LINEAR_CEILING = 1.25;

const first: Goal = { beside: 'peers', ratio: 1, isNoiseEnough: false };
const firstOrNoise: Goal = { beside: 'peers', ratio: 1, isNoiseEnough: true };
const twice: Goal = { beside: 'peers', ratio: TWICE, isNoiseEnough: false };

function atPoint(
  { id, labelAt }: PointWork,
  { at, by }: Point,
  { label, better, pick }: Measure,
  goal: Goal,
): Question {
  return {
    work: id,
    label: `${labelAt(at)}: ${label}`,
    better,
    by: figuresBy(by, pick),
    goal,
  };
}

function ofWindow(point: Point): readonly Question[] {
  const { windows } = POINT_WORKS;
  const speed = (goal: Goal) => atPoint(windows, point, DELIVERIES, goal);
  const cost = atPoint(windows, point, CPU, point.at === 1 ? firstOrNoise : first);
  if (point.at === 1)
    return [speed(firstOrNoise), speed({ beside: 'raw', ratio: RAW_SHARE }), cost];
  return [speed(point.at >= JOINING_WINDOW ? twice : first), cost];
}

/** Of each round: CPU per delivery with the most subscribers ÷ that with the number that costs least. */
export function riseOf(points: readonly Point[]): FiguresBy {
  const ordered = points.toSorted((a, b) => a.at - b.at).map(({ by }) => figuresBy(by, CPU.pick));
  const most = ordered.at(-1) ?? {};
  const rises = Object.entries(most).map(([id, figures]) => {
    const failure = ordered.map((by) => by[id]?.failure ?? '').find((text) => text !== '') ?? '';
    const rounds = figures.rounds.map((cost, round) => {
      const others = ordered.map((by) => by[id]?.rounds[round] ?? Number.NaN);
      return cost / (spreadOfFinite(others)?.low ?? Number.NaN);
    });
    return [id, { rounds, failure }];
  });
  return Object.fromEntries(rises);
}

function ofGrowth(points: readonly Point[]): readonly Question[] {
  const most = points.toSorted((a, b) => a.at - b.at).at(-1);
  if (most === undefined) return [];
  const rise: Question = {
    work: 'growth',
    label: 'Linear cost: CPU per delivery to the most subscribers ÷ to the cheapest number of them',
    better: 'less',
    by: riseOf(points),
    goal: { beside: 'nobody', ceiling: LINEAR_CEILING },
  };
  return [atPoint(POINT_WORKS.growth, most, CPU, firstOrNoise), rise];
}

function ofOthers({ sustained, connections, recovery }: Works): readonly Question[] {
  const questions: Question[] = [];
  const ask = (work: WorkId, label: string, better: Better, by: FiguresBy, goal: Goal) =>
    questions.push({ work, label, better, by, goal });
  if (sustained) {
    const by = figuresBy(sustained, (r) => r.deliveriesPerS / 1000);
    ask('sustained', 'Sustained maximum: thousand deliveries a second', 'more', by, twice);
  }
  if (connections) {
    const memory = figuresBy(connections, (r) => r.kib_per_connection);
    const ofCentrifuge: Goal = { beside: 'centrifuge', ratio: CENTRIFUGE_SHARE };
    const cost = figuresBy(connections, (r) => r.connect_cpu_us);
    ask('connections', 'Connections: µs of CPU to connect', 'less', cost, firstOrNoise);
    ask('connections', 'Connections: KiB each', 'less', memory, first);
    ask('connections', 'Connections: KiB each', 'less', memory, ofCentrifuge);
  }
  if (recovery) {
    const lost = figuresBy(recovery, (r) => r.lost);
    ask('recovery', 'Recovery: lost', 'less', lost, { beside: 'nobody', ceiling: 0 });
    const time = figuresBy(recovery, (r) => r.caughtUpMs);
    ask('recovery', 'Recovery: ms until all had everything', 'less', time, first);
  }
  return questions;
}

/** What the run answers, in the order of the works. */
export function questionsOf(works: Works): readonly Question[] {
  const { windows = [], channels = [], payloads = [], growth = [] } = works;
  const others = ofOthers(works);
  const of = (work: WorkId) => others.filter((question) => question.work === work);
  return [
    ...windows.flatMap(ofWindow),
    ...of('sustained'),
    ...channels.map((point) => atPoint(POINT_WORKS.channels, point, DELIVERIES, first)),
    ...payloads.map((point) => atPoint(POINT_WORKS.payloads, point, DELIVERIES, first)),
    ...of('connections'),
    ...ofGrowth(growth),
    ...of('recovery'),
  ];
}
