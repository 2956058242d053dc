import { load, type GeneratorArgs, type LoadResult, type System } from '@newswire/load-harness';
import type { Contender, WorkId } from '../contender.js';
import type { Lineup } from '../lineup.js';
import type { Works } from '../result.js';
import type { Settings } from '../settings.js';

/** What a work is done with. */
export interface Stage {
  /** Those that take part in it. */
  readonly contenders: readonly Contender[];
  readonly lineup: Lineup;
  readonly settings: Settings;
  /** Tells whoever waits how far it is. */
  readonly say: (line: string) => void;
}

/** One of the rows of the comparison. */
export interface Work<Id extends WorkId = WorkId> {
  /** How long it takes a contender, about, in seconds. */
  readonly secondsEach: (settings: Settings) => number;
  readonly measure: (stage: Stage) => Promise<NonNullable<Works[Id]>>;
}

/** What a run with so many connections takes beside publishing, about. */
export const connectingSeconds = ({ overheadSeconds }: Settings, connections: number) =>
  overheadSeconds + connections / 3000;

/** What comes late is waited for as long as it keeps coming, up to 30 s. */
const CONNECT_LIMIT_S = 30;
const DRAIN_S = 1;
const REST_LIMIT_S = 60;

/**
 * Loads a system for so many seconds; rejects when it cannot be loaded. Publishers by HTTP leave at most 128
 * requests unanswered, so that each reaches a server in one piece, unless the system says otherwise.
 */
export async function publishTo(
  system: System,
  { warmSeconds }: Settings,
  seconds: number,
  args: GeneratorArgs,
): Promise<LoadResult> {
  const ready = { ...system, args: ['--pipeline', '128', ...system.args] };
  const times = ['--settle', 0.1, '--warm', warmSeconds, '--seconds', seconds];
  const limits = ['--connect-limit', CONNECT_LIMIT_S, '--drain', DRAIN_S];
  const limitMs = (CONNECT_LIMIT_S + warmSeconds + seconds + REST_LIMIT_S) * 1000;
  return load(ready, [...times, ...limits, ...args], limitMs);
}
