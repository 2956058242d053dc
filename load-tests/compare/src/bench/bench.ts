import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { buildGenerator } from '@newswire/load-harness';
import type { Lineup } from '../lineup.js';
import type { BenchOptions, SuiteName } from './options.js';
import { suites } from './suites.js';

interface Run {
  readonly options: BenchOptions;
  readonly lineup: Lineup;
  /** Where the JSON of each suite goes; ends with a slash. */
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** Measures a suite, writes its JSON and prints its part of the report; false when a server failed. */
async function runSuite(
  name: SuiteName,
  { options, lineup, directory, say }: Run,
): Promise<boolean> {
  const suite = suites[name];
  const print = (text: string) =>
    void process.stdout.write(`## ${name}\n\n${suite.title}.\n\n${text}\n`);
  const obstacle = suite.obstacle?.(options) ?? '';
  if (obstacle !== '') {
    print(`Not measured: ${obstacle}.\n`);
    return true;
  }
  say(name);
  const stage = { lineup, settings: options.settings, say: (line: string) => say(`  ${line}`) };
  try {
    const { table, notes, hasFailed, data } = await suite.measure(options, stage);
    await mkdir(directory, { recursive: true });
    await writeFile(`${directory}${name}.json`, `${JSON.stringify({ options, data })}\n`);
    print([table, '', ...notes.map((note) => `- ${note}`), ''].join('\n'));
    return !hasFailed;
  } finally {
    await lineup.stopAll();
  }
}

/** Measures one suite after another. Resolves with whether no server failed. */
export async function runBench(run: Run): Promise<boolean> {
  const { standalone, suites: names } = run.options;
  if (!existsSync(standalone))
    throw new Error(`${standalone} is not there: run \`make build\` first`);
  await buildGenerator();
  let isWell = true;
  for (const name of names) isWell = (await runSuite(name, run)) && isWell;
  return isWell;
}
