// The command lines of `compare` and `bench`.
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ROOT } from '@newswire/testkit';
import { WORKS, type WorkId } from './contender.js';
import { createSettings, type Settings } from './settings.js';

export const SUITES = [
  'fan-out',
  'centrifuge-protocol',
  'protobuf',
  'pusher',
  'redis-edge',
  'open-loop',
  'channels',
  'checkouts',
  'idle',
] as const;

export type SuiteName = (typeof SUITES)[number];

export const COMPARE_USAGE = `Does the same work with newswire and its peers, each on the same core, in turns.
  --only LIST        contenders, such as newswire,nats; otherwise all that are here
  --work LIST        ${WORKS.join(',')}; otherwise all
  --rounds N         2; of the windows, other works have a share of them
  --seconds S        0.5; measured of each load, twice that on the ladder of rates
  --short            only checks that all deliver everything, in a minute
  --resume           goes on with what an earlier run has left: what it has measured stays,
                     unless --work names it
`;

export const BENCH_USAGE = `Measures newswire beside other servers, in turns, and prints ratios.
  --suite LIST       ${SUITES.join(',')}; what is measured
  --rounds N         8; each round measures every server
  --seconds S        1; measured of each load, five times that in the open loop and in channels
  --warm-up S        10; each server is loaded for so long first, so that its code is compiled
  --windows LIST     messages in flight, instead of each suite's own
  --connections N    1000; subscribers, in channels also the number of channels
  --rate N           3000; messages a second in the open loop
  --idle N           10000; connections whose memory is measured, 0 leaves that out
  --protocol NAME        seed; the protocol of newswire's subscribers: seed or centrifuge
  --short            2 rounds, 1 of the open loop, fewer windows, 2000 idle connections
  --checkout DIR     where the measured newswire is built, instead of this checkout
  --beside DIR       adds the suite checkouts: that checkout's standalone server beside ours
  --server SCRIPT    a server that is measured instead of newswire's standalone
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

/** What a benchmark is asked to do. */
export interface BenchOptions {
  readonly suites: readonly SuiteName[];
  readonly settings: Settings;
  /** Undefined: each suite has its own. */
  readonly windows: readonly number[] | undefined;
  readonly rate: number;
  readonly protocol: string;
  /** The measured checkout. */
  readonly checkout: string;
  readonly beside: string | undefined;
  /** Script of the standalone server under test; undefined: that of the checkout. */
  readonly server: string | undefined;
}

/** What is wrong with the command line, in a sentence. */
export class BadOption extends Error {
  override readonly name = 'BadOption';
}

const MAX_SECONDS = 600;
const MAX_ROUNDS = 100;

/** Names of a comma-separated list, in the order of `known`; empty where there is none. */
function readList<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): Name[] {
  if (text === undefined) return [];
  const asked = text.split(',').filter((part) => part !== '');
  if (asked.length === 0) throw new BadOption(`--${option} names nothing`);
  const unknown = asked.filter((name) => !known.some((each) => each === name));
  if (unknown.length === 0) return known.filter((name) => asked.includes(name));
  throw new BadOption(
    `--${option} does not know ${unknown.join(' and ')}; there are ${known.join(', ')}`,
  );
}

/** A number that passes the check, or undefined. */
function readNumber(
  option: string,
  text: string | undefined,
  [bounds, isGood]: readonly [bounds: string, isGood: (value: number) => boolean],
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text !== '' && isGood(value)) return value;
  throw new BadOption(`--${option} must be a ${bounds}, not "${text}"`);
}

const COUNT = [
  `whole number from 1 to ${MAX_ROUNDS}`,
  (value: number) => Number.isInteger(value) && value >= 1 && value <= MAX_ROUNDS,
] as const;
const SECONDS = [
  `number over 0 and up to ${MAX_SECONDS}`,
  (value: number) => value > 0 && value <= MAX_SECONDS,
] as const;
const AMOUNT = ['number of 0 or more', (value: number) => value >= 0 && value < Infinity] as const;

/** Values by option. Throws BadOption for one that is not known. */
function parse<Known extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Known,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new BadOption(error instanceof Error ? error.message : String(error));
  }
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const common = { rounds: text, seconds: text, short: flag, help: flag };

/** Reads the command line; null when it asks for help. Throws BadOption. */
export function readOptions(
  args: readonly string[],
  contenderIds: readonly string[],
): CompareOptions | null {
  const values = parse(args, { ...common, only: text, work: text, resume: flag });
  if (values.help) return null;
  return {
    only: readList('only', values.only, contenderIds),
    works: readList('work', values.work, WORKS),
    rounds: readNumber('rounds', values.rounds, COUNT),
    seconds: readNumber('seconds', values.seconds, SECONDS),
    isShort: values.short ?? false,
    isResumed: values.resume ?? false,
  };
}

const benchNumbers = { connections: text, rate: text, idle: text, 'warm-up': text };
const benchTexts = { suite: text, windows: text, protocol: text, checkout: text, beside: text };
const benchKnown = { ...common, ...benchNumbers, ...benchTexts, server: text };

/** Reads the command line; null when it asks for help. Throws BadOption. */
export function readBenchOptions(args: readonly string[]): BenchOptions | null {
  const values = parse(args, benchKnown);
  if (values.help) return null;
  const { short: isShort = false, protocol = 'seed', beside, server } = values;
  if (!['seed', 'centrifuge'].includes(protocol)) {
    throw new BadOption(`--protocol must be seed or centrifuge, not "${protocol}"`);
  }
  const readAmount = (option: keyof typeof benchNumbers | 'seconds', fallback: number) =>
    readNumber(option, values[option], AMOUNT) ?? fallback;
  const isIncluded = (name: SuiteName) => name !== 'checkouts' || beside !== undefined;
  const suites = readList('suite', values.suite, SUITES);
  return {
    suites: suites.length > 0 ? suites : SUITES.filter(isIncluded),
    settings: {
      ...createSettings({ isShort }),
      rounds: readNumber('rounds', values.rounds, COUNT) ?? (isShort ? 2 : 8),
      seconds: readAmount('seconds', 1),
      warmSeconds: 0.5,
      warmUpSeconds: readAmount('warm-up', isShort ? 1 : 10),
      overheadSeconds: 0.8,
      connections: readAmount('connections', 1000),
      idleConnections: readAmount('idle', isShort ? 2000 : 10_000),
    },
    windows: values.windows?.split(',').map((window) => readNumber('windows', window, AMOUNT) ?? 0),
    rate: readAmount('rate', 3000),
    protocol,
    checkout: resolve(values.checkout ?? ROOT),
    beside: beside === undefined ? undefined : resolve(beside),
    server,
  };
}
