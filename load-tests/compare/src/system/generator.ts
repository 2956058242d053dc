// load-tests/generator, as a measurement uses it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { IdleResult, LoadResult } from '../result.js';
import { OTHER_CORE, pinCommand } from './programs.js';
import type { GeneratorArgs, System } from './system.js';

const directory = fileURLToPath(new URL('../../../generator/', import.meta.url));
const run = promisify(execFile);

/** Near this share of a core, that core is what limits. */
export const BUSY_SHARE = 0.9;
/** This share of a core, used by other work, moves figures. */
export const STRANGE_SHARE = 0.15;

/**
 * Runs the generator on its core, against the system. Rejects with the generator's own reason, or when it has not
 * ended within `limitMs`; 0: there is no limit.
 */
export async function load<Result extends LoadResult | IdleResult = LoadResult>(
  { args }: Pick<System, 'args'>,
  ownArgs: GeneratorArgs,
  limitMs = 0,
): Promise<Result> {
  const [command, ...rest] = pinCommand(OTHER_CORE, [`${directory}build/newswire-load`]);
  const all = [...rest, ...args, ...ownArgs.map(String)];
  const ending = run(command, all, { timeout: limitMs, killSignal: 'SIGKILL' });
  const killChild = () => ending.child.kill('SIGKILL');
  process.once('exit', killChild);
  try {
    const { stdout } = await ending;
    const result: Result = JSON.parse(stdout);
    return result;
  } catch (error) {
    throw explain(error, limitMs);
  } finally {
    process.off('exit', killChild);
  }
}

/** The generator's own sentence instead of its command line. */
function explain(error: unknown, limitMs: number): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if ('killed' in error && error.killed === true) {
    return new Error(`the generator had not ended after ${limitMs / 1000} s`, { cause: error });
  }
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return stderr === '' ? error : new Error(stderr, { cause: error });
}

export async function buildGenerator(): Promise<void> {
  await run('make', ['-C', directory]);
}
