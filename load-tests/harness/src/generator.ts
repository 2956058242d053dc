import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinned } from './pinned.js';
import { OTHER_CORE } from './programs.js';
import type { System } from './system.js';

const directory = fileURLToPath(new URL('../../generator/', import.meta.url));
const run = promisify(execFile);

/** Near this share of a core, that core is what limits. */
export const BUSY_SHARE = 0.9;

/** So much of a core, used by others, moves figures. */
export const STRANGE_SHARE = 0.15;

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
  /** Publishing connections that the server closed: the run ended there. */
  readonly publishers_closed?: number;
}

/** What it says of connections that only stand. */
export interface IdleResult {
  readonly connects_per_s: number;
  readonly kib_per_connection: number;
  readonly connect_cpu_us: number;
}

export type GeneratorArgs = readonly (string | number)[];

/**
 * Runs the generator on its core, against the system. Rejects with what the generator says that it could not
 * do, or when it has not ended within `limitMs`; 0: it may take as long as it likes.
 */
export async function load<Result = LoadResult>(
  { args }: System,
  load_: GeneratorArgs,
  limitMs = 0,
): Promise<Result> {
  const [command, ...rest] = pinned(OTHER_CORE, [`${directory}build/newswire-load`]);
  const all = [...rest, ...args, ...load_.map(String)];
  const ending = run(command, all, { timeout: limitMs, killSignal: 'SIGKILL' });
  const endWithUs = () => ending.child.kill('SIGKILL');
  process.once('exit', endWithUs);
  try {
    const { stdout } = await ending;
    const result: Result = JSON.parse(stdout);
    return result;
  } catch (error) {
    throw explained(error, limitMs);
  } finally {
    process.off('exit', endWithUs);
  }
}

/** The generator's own sentence instead of its command line. */
function explained(error: unknown, limitMs: number): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if ('killed' in error && error.killed === true) {
    return new Error(`the generator had not ended after ${limitMs / 1000} s`, { cause: error });
  }
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return said === '' ? error : new Error(said, { cause: error });
}

export async function buildGenerator(): Promise<void> {
  await run('make', ['-C', directory]);
}
