import { median } from 'd3-array';
import { WORKS, type Contender, type WorkId } from './contender.js';
import { toSentence } from './judge.js';
import type { Lineup } from './lineup.js';
import {
  isPoints,
  type ContenderInfo,
  type HeadRoom,
  type LoadResult,
  type Works,
} from './result.js';
import type { Settings } from './settings.js';
import type { Work } from './works/work.js';

/** What a comparison consists of. */
export interface Programme {
  readonly works: { readonly [Id in WorkId]?: Work<Id> };
  readonly contenders: readonly Contender[];
  readonly settings: Settings;
  readonly lineup: Lineup;
  readonly say: (line: string) => void;
}

const isHere = (contender: Contender) => contender.obstacle() === '';

const takesPart = (id: WorkId) => (contender: Contender) =>
  isHere(contender) &&
  contender.leftOut?.[id] === undefined &&
  (id !== 'recovery' || contender.recovery !== undefined);

export async function describeContender(contender: Contender): Promise<ContenderInfo> {
  const { id, name, kind, about, leftOut = {} } = contender;
  const obstacle = contender.obstacle();
  const readVersion = () =>
    contender.version().catch((error: unknown) => `unknown: ${toSentence(error)}`);
  const version = obstacle === '' ? await readVersion() : '';
  return { id, name, kind, about, version, obstacle, leftOut };
}

/** How many seconds the programme takes, about. */
export function estimateSeconds({
  works,
  contenders,
  settings,
}: Omit<Programme, 'lineup' | 'say'>): number {
  const startSeconds = 1.2 + settings.warmUpSeconds;
  const parts = WORKS.map((id) => {
    const count = contenders.filter(takesPart(id)).length;
    const starts = settings.isShort || id === 'connections' || id === 'recovery' ? 0 : startSeconds;
    return works[id] ? count * (works[id].estimateSeconds(settings) + starts) : 0;
  });
  const once = settings.isShort ? contenders.filter(isHere).length * startSeconds : 0;
  return parts.reduce((sum, part) => sum + part, once);
}

/** Does one work after another, and saves the results after each, so that an interruption loses one work at most. */
export async function runProgramme(
  { works, contenders, settings, lineup, say }: Programme,
  before: Works,
  save: (works: Works) => Promise<void>,
): Promise<Works> {
  let done = before;
  try {
    for (const id of WORKS) {
      const work = works[id];
      if (!work) continue;
      say(id);
      const measured = await work.measure({
        lineup,
        settings,
        say: (line) => say(`  ${line}`),
        contenders: contenders.filter(takesPart(id)),
      });
      done = { ...done, [id]: measured };
      await save(done);
      // Running servers keep what a work has left behind, in memory and in code compiled for it.
      if (!settings.isShort) await lineup.stopAll();
    }
  } finally {
    await lineup.stopAll();
  }
  return done;
}

export interface Failure {
  readonly work: WorkId;
  /** At which setting; undefined where a work has one load. */
  readonly at?: number;
  readonly contender: string;
  readonly why: string;
}

/** What each contender could not do. */
export function listFailures(works: Works): Failure[] {
  return WORKS.flatMap((work) => {
    const data = works[work] ?? {};
    const all = isPoints(data) ? data.map(({ at, by }) => ({ where: { at }, by })) : [{ by: data }];
    return all.flatMap(({ by, ...point }) =>
      Object.entries(by)
        .filter(([, { failure }]) => failure !== '')
        .map(([contender, { failure }]) => {
          const where = 'where' in point ? point.where : {};
          return { work, ...where, contender, why: failure };
        }),
    );
  });
}

/**
 * How many times what the best server sent the generator takes in with the whole of its core: where it is the
 * least, of all loads in a closed loop. Undefined when none was measured.
 */
export function findHeadRoom(works: Works): HeadRoom | undefined {
  const pickMedian = (rounds: readonly LoadResult[], pick: (result: LoadResult) => number) =>
    median(rounds, pick) ?? Number.NaN;
  const fastest = (['windows', 'channels', 'payloads', 'growth'] as const).flatMap((work) =>
    (works[work] ?? []).flatMap(({ at, by }) => {
      const all = Object.entries(by)
        .filter(([, { rounds }]) => rounds.length > 0)
        .map(([contender, { rounds }]) => ({
          work,
          at,
          contender,
          deliveriesPerS: pickMedian(rounds, (r) => r.deliveries_per_s),
          times: 1 / pickMedian(rounds, (r) => r.generator_cpu_share),
        }));
      return all.toSorted((a, b) => b.deliveriesPerS - a.deliveriesPerS).slice(0, 1);
    }),
  );
  return fastest.toSorted((a, b) => a.times - b.times)[0];
}
