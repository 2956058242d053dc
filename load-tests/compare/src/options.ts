import { parseArgs, type ParseArgsConfig } from 'node:util';
import { WORKS, type WorkId } from './contender.js';

export const usage = `Does the same work with newswire and its peers, each on the same core, in turns.
  --only LIST        contenders, such as newswire,nats; otherwise all that are here
  --work LIST        ${WORKS.join(',')}; otherwise all
  --rounds N         2; of the windows, other works have a share of them
  --seconds S        0.5; measured of each load, twice that on the ladder of rates
  --short            only checks that everybody delivers everything, in a minute
  --resume           goes on with what an earlier run has left: what it has measured stays,
                     unless --work names it
`;

/** What a comparison is asked to do. */
export interface CompareOptions {
  /** Ids of contenders; empty: all. */
  readonly only: readonly string[];
  /** Empty: all. */
  readonly works: readonly WorkId[];
  readonly rounds: number | undefined;
  readonly seconds: number | undefined;
  readonly isShort: boolean;
  readonly isResumed: boolean;
}

/** What is wrong with the command line, in a sentence. */
export class BadOption extends Error {
  override readonly name = 'BadOption';
}

const MAX_SECONDS = 600;
const MAX_ROUNDS = 100;

/** Names of a comma-separated list, in the order of `known`; empty where there is none. */
export function readList<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): Name[] {
  if (text === undefined) return [];
  const asked = text.split(',').filter((part) => part !== '');
  if (asked.length === 0) throw new BadOption(`--${option} names nothing`);
  const unknown = asked.filter((name) => !known.some((each) => each === name));
  if (unknown.length > 0) {
    throw new BadOption(
      `--${option} does not know ${unknown.join(' and ')}; there are ${known.join(', ')}`,
    );
  }
  return known.filter((name) => asked.includes(name));
}

/** A whole number from 1 to 100, or undefined. */
export function readCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (text !== '' && Number.isInteger(count) && count >= 1 && count <= MAX_ROUNDS) return count;
  throw new BadOption(`--${option} must be a whole number from 1 to ${MAX_ROUNDS}, not "${text}"`);
}

/** A number of 0 or more. */
export function readNumber(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text !== '' && value >= 0 && value < Infinity) return value;
  throw new BadOption(`--${option} must be a number of 0 or more, not "${text}"`);
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new BadOption(`--seconds must be a number over 0 and up to ${MAX_SECONDS}, not "${text}"`);
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = {
  only: text,
  work: text,
  rounds: text,
  seconds: text,
  short: flag,
  resume: flag,
  help: flag,
};

/** Values by option. Throws BadOption for one that is not known. */
export function parseOptions<Known extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Known,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new BadOption(error instanceof Error ? error.message : String(error));
  }
}

/** Reads the command line; null when it asks for help. Throws BadOption. */
export function readOptions(
  args: readonly string[],
  contenderIds: readonly string[],
): CompareOptions | null {
  const values = parseOptions(args, known);
  if (values.help) return null;
  return {
    only: readList('only', values.only, contenderIds),
    works: readList('work', values.work, WORKS),
    rounds: readCount('rounds', values.rounds),
    seconds: readSeconds(values.seconds),
    isShort: values.short ?? false,
    isResumed: values.resume ?? false,
  };
}
