import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const WINDOWS = [1, 16, 32, 33, 48, 64, 256];

export const usage = `Measures newswire beside other servers, in turns, and prints ratios.
  --suite LIST       fan-out,centrifuge-wire,redis-edge,open-loop,channels,idle; what is measured
  --rounds N         8; each round measures every server
  --seconds S        1; measured of each load, five times that in the open loop and in channels
  --warm-up S        10; each server is loaded for so long first, so that its code is compiled
  --windows LIST     messages in flight, instead of each suite's own
  --connections N    1000; subscribers, in channels also the number of channels
  --rate N           3000; messages a second in the open loop
  --idle N           10000; connections whose memory is weighed, 0 leaves that out
  --wire NAME        seed; what newswire's subscribers speak: seed or centrifuge
  --short            2 rounds, 1 of the open loop, fewer windows, 2000 idle connections
  --checkout DIR     where the measured newswire is built, instead of this checkout
  --beside DIR       adds the suite checkouts: that checkout's standalone server beside ours
  --server SCRIPT    a server that is measured instead of newswire's standalone
`;

/** What a benchmark run does. */
export interface BenchOptions {
  /** Empty: all that can be measured. */
  readonly suites: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Of the command line, or undefined where each suite has its own. */
  readonly windows: readonly number[] | undefined;
  readonly connections: number;
  readonly rate: number;
  readonly idleConnections: number;
  readonly wire: string;
  readonly isShort: boolean;
  /** The measured checkout. */
  readonly checkout: string;
  readonly beside: string | undefined;
  /** Script of the standalone server under test. */
  readonly standalone: string;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${name} must be a number, not "${text}"`);
  return value;
}

function listOf(text: string | undefined): string[] {
  return text?.split(',').filter((part) => part !== '') ?? [];
}

function windowsOf(text: string | undefined): number[] | undefined {
  return text === undefined ? undefined : listOf(text).map((window) => numberOf('windows', window));
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const numbers = {
  rounds: text,
  seconds: text,
  'warm-up': text,
  connections: text,
  rate: text,
  idle: text,
};
const texts = { suite: text, windows: text, wire: text, checkout: text, beside: text };

/** Reads the command line; null when it asks for help. Throws a sentence about what is wrong. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const known = { ...numbers, ...texts, server: text, short: flag, help: flag };
  const { values } = parseArgs({ args: [...args], options: known });
  if (values.help) return null;
  const isShort = values.short ?? false;
  const number = (name: keyof typeof numbers, fallback: number) =>
    numberOf(name, values[name] ?? String(fallback));
  const checkout = resolve(values.checkout ?? ROOT);
  return {
    suites: listOf(values.suite),
    rounds: number('rounds', isShort ? 2 : 8),
    seconds: number('seconds', 1),
    warmUpSeconds: number('warm-up', isShort ? 1 : 10),
    windows: windowsOf(values.windows),
    connections: number('connections', 1000),
    rate: number('rate', 3000),
    idleConnections: number('idle', isShort ? 2000 : 10_000),
    wire: values.wire ?? 'seed',
    isShort,
    checkout,
    beside: values.beside === undefined ? undefined : resolve(values.beside),
    standalone: values.server ?? standaloneOf(checkout),
  };
}

export function standaloneOf(checkout: string): string {
  return `${checkout}/services/standalone/dist/main.js`;
}

/** The windows of a suite: those of the command line, or its own. */
export function windowsFor(
  { windows, isShort }: BenchOptions,
  own: readonly number[] = WINDOWS,
  short: readonly number[] = [1, 64],
): readonly number[] {
  return windows ?? (isShort ? short : own);
}
