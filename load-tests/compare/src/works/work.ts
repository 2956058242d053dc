import { availableParallelism } from 'node:os';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Contender, WorkId } from '../contender.js';
import { toSentence } from '../judge.js';
import { Interrupted, type Lineup } from '../lineup.js';
import type { LoadResult, Works } from '../result.js';
import type { Settings } from '../settings.js';
import { load } from '../system/generator.js';
import type { GeneratorArgs, System } from '../system/system.js';
import { OTHER_CORE, SERVER_CORE } from '../system/programs.js';

/** What a work is done with. */
export interface Stage {
  /** Those that take part in it. */
  readonly contenders: readonly Contender[];
  readonly lineup: Lineup;
  readonly settings: Settings;
  /** Reports progress. */
  readonly say: (line: string) => void;
}

/** One of the rows of the comparison. */
export interface Work<Id extends WorkId = WorkId> {
  /** How long it takes for each contender, about. */
  readonly estimateSeconds: (settings: Settings) => number;
  readonly measure: (stage: Stage) => Promise<NonNullable<Works[Id]>>;
}

/** A contender's rounds while they are made. */
export interface Sheet<T> {
  readonly rounds: T[];
  failure: string;
}

export type Sheets<T> = Readonly<Record<string, Sheet<T>>>;

export function createSheets<T>(contenders: readonly Contender[]): Sheets<T> {
  return Object.fromEntries(contenders.map(({ id }) => [id, { rounds: [], failure: '' }]));
}

/** Their order in that round: every other one goes backwards. */
export function order(contenders: readonly Contender[], round: number): readonly Contender[] {
  return round % 2 === 0 ? contenders : contenders.toReversed();
}

/**
 * One turn of a contender. A fault is its failure: it has no further turn on that sheet, and the others go on.
 * What it measured stays, also when `judge` finds a fault.
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
    sheet.failure = toSentence(error);
  }
}

/** Every contender in every round, by turns. */
export async function takeTurns<T>(
  { contenders, say }: Pick<Stage, 'contenders' | 'say'>,
  rounds: number,
  act: (contender: Contender) => Promise<T>,
): Promise<Sheets<T>> {
  const sheets = createSheets<T>(contenders);
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of order(contenders, round)) {
      await takeTurn(sheets[contender.id], () => act(contender));
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  return sheets;
}

/** What a run with so many connections takes beside publishing, about. */
export const estimateConnecting = ({ overheadSeconds }: Settings, connections: number) =>
  overheadSeconds + connections / 3000;

const CONNECT_LIMIT_S = 30;
/** What comes late is waited for as long as it keeps coming, up to this limit. */
const REST_LIMIT_S = 60;

/**
 * Loads a system for so many seconds; rejects when it cannot be loaded. Publishers by HTTP leave at most 128
 * requests unanswered, so that each reaches a server in one piece, unless the system's own options differ.
 */
export async function publishTo(
  system: System,
  { warmSeconds }: Settings,
  seconds: number,
  args: GeneratorArgs,
): Promise<LoadResult> {
  const ready = { args: ['--pipeline', '128', ...system.args] };
  const times = ['--settle', 0.1, '--warm', warmSeconds, '--seconds', seconds, '--drain', 1];
  const limitMs = (CONNECT_LIMIT_S + warmSeconds + seconds + REST_LIMIT_S) * 1000;
  return load(ready, [...times, '--connect-limit', CONNECT_LIMIT_S, ...args], limitMs);
}

const run = promisify(execFile);
const taskset = (...args: string[]) => run('taskset', ['-p', '-c', ...args, String(process.pid)]);

/**
 * Keeps this process off the servers' core while it acts: client libraries run in it. Processes started meanwhile
 * inherit that, unless they are pinned themselves.
 */
export async function runOnOtherCore<T>(act: () => Promise<T>): Promise<T> {
  if (availableParallelism() <= SERVER_CORE) return act();
  const { stdout } = await taskset();
  const before = stdout.slice(stdout.lastIndexOf(':') + 1).trim();
  await taskset('-a', String(OTHER_CORE));
  try {
    return await act();
  } finally {
    await taskset('-a', before);
  }
}
