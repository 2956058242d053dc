// The generator as tests run it.
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const directory = fileURLToPath(new URL('../generator/', import.meta.url));

/** What the generator says of a run, as far as tests look at it. */
export interface Result {
  published: number;
  expected: number;
  delivered: number;
  lost: number;
  doubled: number;
  reordered: number;
  stray: number;
  publishes_refused: number;
  first_refusal: string;
  stalled: boolean;
  pings: number;
  unmarked: number;
  closes: Record<string, number>;
}

export const canBuild = ['make', 'cc'].every((tool) => spawnSync(tool, ['--version']).status === 0);

export async function buildGenerator(): Promise<void> {
  await run('make', ['-C', directory]);
}

export async function runGenerator(args: readonly string[]): Promise<Result> {
  const { stdout } = await run(`${directory}build/newswire-load`, [...args]);
  const result: Result = JSON.parse(stdout);
  return result;
}

/** A short run with 20 connections. */
export async function load(port: number, options: string): Promise<Result> {
  const short = '--settle 0 --warm 0 --seconds 0.5 --drain 0.5 --connections 20';
  return runGenerator(`--ports ${port} ${short} ${options}`.split(' '));
}

/** Runs it for longer until the server had a chance to make a fault: a busy machine publishes little. */
export async function loadUntilFault(port: number, options: string): Promise<Result> {
  for (const seconds of [0.5, 2]) {
    const result = await load(port, `${options} --seconds ${seconds}`);
    if (countFaults(result) > 0) return result;
  }
  return load(port, `${options} --seconds 8`);
}

/** Messages of a run's only channel that a fault of every hundredth item may have hit. */
export function countFaults({ published }: Result): number {
  return Math.floor(published / 100);
}
