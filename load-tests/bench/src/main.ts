// Measures newswire beside other servers, suite by suite, and prints what it finds.
import { buildGenerator } from '@newswire/load-harness';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from './options.js';
import { readOptions, usage } from './options.js';
import { channels } from './suites/channels.js';
import { idle } from './suites/idle.js';
import { openLoop } from './suites/open-loop.js';
import type { Suite } from './suites/suite.js';
import { centrifugeWire, checkouts, fanOut, redisEdge } from './suites/windows.js';

const EXIT_FAILED = 2;
const all: readonly Suite[] = [
  fanOut,
  centrifugeWire,
  redisEdge,
  openLoop,
  channels,
  checkouts,
  idle,
];
const resultsDirectory = fileURLToPath(new URL('../../results/', import.meta.url));

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function suitesOf(options: BenchOptions): readonly Suite[] {
  const unknown = options.suites.filter((name) => !all.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Error(`there is no suite ${unknown.join(', ')}`);
  if (options.suites.length > 0) return all.filter(({ name }) => options.suites.includes(name));
  return all.filter((suite) => suite !== checkouts || options.beside !== undefined);
}

async function save(name: string, options: BenchOptions, data: unknown): Promise<void> {
  await mkdir(resultsDirectory, { recursive: true });
  await writeFile(`${resultsDirectory}${name}.json`, `${JSON.stringify({ options, data })}\n`);
}

/** Measures a suite and returns its part of the report. */
async function report(suite: Suite, options: BenchOptions): Promise<string> {
  const head = `## ${suite.name}\n\n${suite.title}.\n`;
  const obstacle = suite.obstacle(options);
  if (obstacle !== '') return `${head}\nNot measured: ${obstacle}.\n`;
  process.stderr.write(`${suite.name}\n`);
  const { table, notes, data } = await suite.measure(options);
  await save(suite.name, options, data);
  return [head, table, '', ...notes.map((note) => `- ${note}`), ''].join('\n');
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(usage);
    return;
  }
  const suites = suitesOf(options);
  const { standalone } = options;
  if (!existsSync(standalone))
    throw new Error(`${standalone} is not there: run \`make build\` first`);
  await buildGenerator();
  for (const suite of suites) {
    // What one suite could not do must not hide what the others found.
    const part = await report(suite, options).catch((error: unknown) => {
      process.exitCode = EXIT_FAILED;
      return `## ${suite.name}\n\n**FAILED**: ${textOf(error)}\n`;
    });
    process.stdout.write(`${part}\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${textOf(error)}\n`);
  process.exitCode = EXIT_FAILED;
});
