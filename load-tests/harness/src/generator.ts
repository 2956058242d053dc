import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinned } from './pinned.js';
import { OTHER_CORE } from './programs.js';
import type { System } from './system.js';

const directory = fileURLToPath(new URL('../../generator/', import.meta.url));
const run = promisify(execFile);

/** What the generator says of a publishing run; its other keys are in load-tests/README.md. */
export interface LoadResult {
  readonly publishes_per_s: number;
  readonly deliveries_per_s: number;
  readonly latency_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly generator_cpu_share: number;
  readonly server_cpu_share: number;
  /** Of what shares the generator's core; not there when that is nothing. */
  readonly other_cpu_share?: number;
  /** Of everything else on the machine. */
  readonly strange_cpu_share: number;
  readonly server_cpu_s_per_million: number;
  readonly lost: number;
  /** What of `lost` was still coming when the generator gave up waiting. */
  readonly undrained: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly publishes_refused: number;
  readonly first_refusal: string;
  /** By close code. */
  readonly closes: Readonly<Record<string, number>>;
  readonly stalls: number;
}

/** What it says of connections that only stand. */
export interface IdleResult {
  readonly kib_per_connection: number;
  readonly connect_cpu_us: number;
}

export type GeneratorArgs = readonly (string | number)[];

/** Runs the generator on its core, against the system. */
export async function load<Result = LoadResult>(
  { args }: System,
  load_: GeneratorArgs,
): Promise<Result> {
  const [command, ...rest] = pinned(OTHER_CORE, [`${directory}build/newswire-load`]);
  const { stdout } = await run(command, [...rest, ...args, ...load_.map(String)]);
  const result: Result = JSON.parse(stdout);
  return result;
}

export async function buildGenerator(): Promise<void> {
  await run('make', ['-C', directory]);
}
