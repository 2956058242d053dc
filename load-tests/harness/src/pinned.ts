import { availableParallelism } from 'node:os';

/** The command pinned to a core, or as it is where there is but one. */
export function pinned(
  core: number,
  command: readonly [string, ...string[]],
): [string, ...string[]] {
  if (availableParallelism() <= core) return [...command];
  return ['taskset', '-c', String(core), ...command];
}
