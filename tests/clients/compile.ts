import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The longest time for which a compiler may run, in ms: at first it downloads what it needs. */
export const BUILD_MS = 300_000;

/** Runs a compiler at the first call; later calls resolve with the first. */
export function compile(command: string, args: readonly string[]): () => Promise<unknown> {
  let built: Promise<unknown> | undefined;
  return () => (built ??= promisify(execFile)(command, args, { timeout: BUILD_MS }));
}
