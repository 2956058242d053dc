import { parseArgs } from 'node:util';

export const usage = `Measures newswire beside a raw uWebSockets.js server.
  --rounds N         8; each round measures both at every window
  --seconds S        1; measured at each window
  --windows LIST     1,16,32,33,48,64,256; messages in flight
  --connections N    1000; subscribers
  --idle N           10000; connections whose memory is weighed, 0 leaves that out
  --short            2 rounds of 1 s at the windows 1,33,64, 2000 idle connections
  --server SCRIPT    what is measured, instead of newswire's standalone server
`;

/** What a benchmark run does. */
export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly windows: readonly number[];
  readonly connections: number;
  readonly idleConnections: number;
  /** Script of the server under test, or undefined for newswire's standalone. */
  readonly server: string | undefined;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${name} must be a number, not "${text}"`);
  return value;
}

/** Reads the command line; null when it asks for help. Throws a sentence about what is wrong. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: text,
      seconds: text,
      windows: text,
      connections: text,
      idle: text,
      server: text,
      short: flag,
      help: flag,
    },
  });
  if (values.help) return null;
  const { short = false } = values;
  const windows = values.windows ?? (short ? '1,33,64' : '1,16,32,33,48,64,256');
  return {
    rounds: numberOf('rounds', values.rounds ?? (short ? '2' : '8')),
    seconds: numberOf('seconds', values.seconds ?? '1'),
    windows: windows.split(',').map((window) => numberOf('windows', window)),
    connections: numberOf('connections', values.connections ?? '1000'),
    idleConnections: numberOf('idle', values.idle ?? (short ? '2000' : '10000')),
    server: values.server,
  };
}
