import type { GeneratorArgs } from './generator.js';
import { load, type LoadResult } from './generator.js';
import { stopAll } from './programs.js';
import type { StartSystem, System } from './system.js';

/** One load that every system gets. */
export interface Case {
  readonly label: string;
  readonly args: GeneratorArgs;
}

/** How often each system has its turn, and how long it is loaded before the first. */
export interface Turns {
  readonly rounds: number;
  readonly warmUpSeconds: number;
}

/** What the systems made of it, the rounds in their order: one round's figures are neighbours in time. */
export interface CaseResult {
  readonly label: string;
  /** By the system's name. */
  readonly runs: Readonly<Record<string, LoadResult[]>>;
}

/** Hands running systems over, and stops them behind it. */
export async function withSystems<T>(
  starts: readonly StartSystem[],
  act: (systems: readonly System[]) => Promise<T>,
): Promise<T> {
  const systems: System[] = [];
  try {
    for (const startSystem of starts) systems.push(await startSystem());
    return await act(systems);
  } finally {
    await stopAll(systems);
  }
}

/**
 * All systems stand all the time; an idle one uses next to no CPU. Their order alternates. Each is
 * loaded unmeasured first: a server runs for days, and the first seconds are those of its compiler.
 */
export async function measureByTurns(
  starts: readonly StartSystem[],
  cases: readonly Case[],
  { rounds, warmUpSeconds }: Turns,
): Promise<CaseResult[]> {
  return withSystems(starts, async (systems) => {
    const [first] = cases;
    for (const system of systems) {
      if (first) await load(system, [...first.args, '--seconds', warmUpSeconds]);
    }
    const empty = () => Object.fromEntries(systems.map(({ name }) => [name, []]));
    const results = cases.map((each) => ({
      ...each,
      runs: empty() as Record<string, LoadResult[]>,
    }));
    for (let round = 0; round < rounds; round += 1) {
      for (const { args, runs } of results) {
        for (const system of round % 2 === 0 ? systems : systems.toReversed()) {
          runs[system.name]?.push(await load(system, args));
        }
      }
      process.stderr.write(`  round ${round + 1} of ${rounds}\n`);
    }
    return results.map(({ label, runs }) => ({ label, runs }));
  });
}
