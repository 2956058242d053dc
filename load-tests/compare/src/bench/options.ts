import { resolve } from 'node:path';
import { ROOT } from '@newswire/testkit';
import { settingsFor, type Settings } from '../settings.js';
import { BadOption, parseOptions, readCount, readList, readNumber } from '../options.js';

export const SUITES = [
  'fan-out',
  'centrifuge-wire',
  'redis-edge',
  'open-loop',
  'channels',
  'checkouts',
  'idle',
] as const;
export type SuiteName = (typeof SUITES)[number];

export const benchUsage = `Measures newswire beside other servers, in turns, and prints ratios.
  --suite LIST       ${SUITES.join(',')}; what is measured
  --rounds N         8; each round measures every server
  --seconds S        1; measured of each load, five times that in the open loop and in channels
  --warm-up S        10; each server is loaded for so long first, so that its code is compiled
  --windows LIST     messages in flight, instead of each suite's own
  --connections N    1000; subscribers, in channels also the number of channels
  --rate N           3000; messages a second in the open loop
  --idle N           10000; connections whose memory is measured, 0 leaves that out
  --wire NAME        seed; the wire of newswire's subscribers: seed or centrifuge
  --short            2 rounds, 1 of the open loop, fewer windows, 2000 idle connections
  --checkout DIR     where the measured newswire is built, instead of this checkout
  --beside DIR       adds the suite checkouts: that checkout's standalone server beside ours
  --server SCRIPT    a server that is measured instead of newswire's standalone
`;

/** What a benchmark run does. */
export interface BenchOptions {
  readonly suites: readonly SuiteName[];
  readonly settings: Settings;
  /** Of the command line, or undefined where each suite has its own. */
  readonly windows: readonly number[] | undefined;
  readonly rate: number;
  readonly wire: string;
  /** The measured checkout. */
  readonly checkout: string;
  readonly beside: string | undefined;
  /** Script of the standalone server under test. */
  readonly standalone: string;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const numbers = { rounds: text, seconds: text, connections: text, rate: text, idle: text };
const texts = {
  suite: text,
  windows: text,
  wire: text,
  checkout: text,
  beside: text,
  server: text,
};
const known = { ...numbers, ...texts, 'warm-up': text, short: flag, help: flag };

export const standaloneOf = (checkout: string) => `${checkout}/services/standalone/dist/main.js`;

/** Reads the command line; null when it asks for help. Throws BadOption. */
export function readBenchOptions(args: readonly string[]): BenchOptions | null {
  const values = parseOptions(args, known);
  if (values.help) return null;
  const isShort = values.short ?? false;
  const suites = readList('suite', values.suite, SUITES);
  const wire = values.wire ?? 'seed';
  if (!['seed', 'centrifuge'].includes(wire)) {
    throw new BadOption(`--wire must be seed or centrifuge, not "${wire}"`);
  }
  const windows = values.windows?.split(',').map((window) => readNumber('windows', window, 1));
  const checkout = resolve(values.checkout ?? ROOT);
  const settings = {
    ...settingsFor({ isShort }),
    rounds: readCount('rounds', values.rounds) ?? (isShort ? 2 : 8),
    seconds: readNumber('seconds', values.seconds, 1),
    warmSeconds: 0.5,
    warmUpSeconds: readNumber('warm-up', values['warm-up'], isShort ? 1 : 10),
    overheadSeconds: 0.8,
    connections: readNumber('connections', values.connections, 1000),
    idleConnections: readNumber('idle', values.idle, isShort ? 2000 : 10_000),
  };
  const isIncluded = (name: SuiteName) => name !== 'checkouts' || values.beside !== undefined;
  return {
    suites: suites.length > 0 ? suites : SUITES.filter(isIncluded),
    settings,
    windows,
    rate: readNumber('rate', values.rate, 3000),
    wire,
    checkout,
    beside: values.beside === undefined ? undefined : resolve(values.beside),
    standalone: values.server ?? standaloneOf(checkout),
  };
}
