import { WORKS, type Contender, type WorkId } from './contender.js';
import { sentenceOf } from './judge.js';
import type { Lineup } from './lineup.js';
import type { ByContender, ContenderInfo, Works } from './result.js';
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

export async function infoOf(contender: Contender): Promise<ContenderInfo> {
  const { id, name, kind, about, leftOut = {} } = contender;
  const obstacle = contender.obstacle();
  const version =
    obstacle === ''
      ? await contender.version().catch((error: unknown) => `unknown: ${sentenceOf(error)}`)
      : '';
  return { id, name, kind, about, version, obstacle, leftOut };
}

/** How many seconds the programme takes, about. */
export function estimateSeconds({
  works,
  contenders,
  settings,
}: Omit<Programme, 'lineup' | 'say'>) {
  const startSeconds = 1.2 + settings.warmUpSeconds;
  const parts = WORKS.map((id) => {
    const count = contenders.filter(takesPart(id)).length;
    const starts = settings.isShort || id === 'connections' || id === 'recovery' ? 0 : startSeconds;
    return works[id] ? count * (works[id].secondsEach(settings) + starts) : 0;
  });
  const once = settings.isShort ? contenders.filter(isHere).length * startSeconds : 0;
  return parts.reduce((sum, part) => sum + part, once);
}

/** Does one work after another, and hands over what there is after each, so that an end is never a loss. */
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
      const stage = { lineup, settings, say: (line: string) => say(`  ${line}`) };
      const measured = await work.measure({
        ...stage,
        contenders: contenders.filter(takesPart(id)),
      });
      done = { ...done, [id]: measured };
      await save(done);
      // Standing servers keep what a work has left behind, in memory and in code compiled for it.
      if (!settings.isShort) await lineup.stopAll();
    }
  } finally {
    await lineup.stopAll();
  }
  return done;
}

export interface Failure {
  readonly work: WorkId;
  /** Where there are several points, which; otherwise undefined. */
  readonly at?: number;
  readonly contender: string;
  readonly why: string;
}

/** Who could not do what. */
export function failuresOf(works: Works): Failure[] {
  const failed = (work: WorkId, by: ByContender<unknown>, at?: number) =>
    Object.entries(by)
      .filter(([, { failure }]) => failure !== '')
      .map(([contender, { failure }]) => ({
        work,
        contender,
        why: failure,
        ...(at === undefined ? {} : { at }),
      }));
  return WORKS.flatMap((id) => {
    const of: Works[WorkId] = works[id];
    if (!of) return [];
    return isPoints(of) ? of.flatMap(({ at, by }) => failed(id, by, at)) : failed(id, of);
  });
}

function isPoints(of: NonNullable<Works[WorkId]>): of is NonNullable<Works['windows']> {
  return Array.isArray(of);
}
