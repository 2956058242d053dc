// Measures newswire beside other servers:
//   main.js [compare] [options]   main.js bench [options]   main.js render [FILE]: makes docs/benchmarks.md
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ROOT } from '@newswire/testkit';
import { runBench } from './bench.js';
import {
  describeContender,
  estimateSeconds,
  findHeadRoom,
  listFailures,
  runProgramme,
  type Programme,
} from './comparison.js';
import { WORKS, type WorkId } from './contender.js';
import { contenders } from './contenders/index.js';
import { Interrupted, Lineup } from './lineup.js';
import { describeMachine } from './machine.js';
import {
  BadOption,
  BENCH_USAGE,
  COMPARE_USAGE,
  readBenchOptions,
  readOptions,
  type CompareOptions,
} from './options.js';
import { DIRECTORY, REMARKS_FILE, render } from './render/render.js';
import { loadComparison, saveComparison, type Comparison, type Works } from './result.js';
import { createSettings } from './settings.js';
import { summarize } from './summary.js';
import { buildGenerator } from './system/generator.js';
import { works } from './works/index.js';

const EXIT_FAILED = 1;
const EXIT_BAD_OPTION = 2;
const EXIT_INTERRUPTED = 130;
const MS_PER_MINUTE = 60_000;
const results = fileURLToPath(new URL('../../results/', import.meta.url));

const say = (line: string) => void process.stderr.write(`${line}\n`);
const toText = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The first signal stops everything in order, the second one ends this program and its servers at once. */
function stopOnSignals(lineup: Lineup): void {
  process.setMaxListeners(0); // every running server listens for the end of this program
  const end = () => process.exit(EXIT_INTERRUPTED);
  const stop = () => {
    process.once('SIGINT', end).once('SIGTERM', end);
    say('interrupted; stopping the servers');
    lineup.interrupt().finally(end).catch(end);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

/** Those to measure now: the ones asked for, without what an earlier run has left unless that was asked for. */
function worksToDo({ works: asked, isResumed }: CompareOptions, before: Works): Programme['works'] {
  const isToDo = (id: WorkId) =>
    asked.length > 0 ? asked.includes(id) : !isResumed || before[id] === undefined;
  const toDo: Programme['works'] = Object.fromEntries(
    WORKS.filter(isToDo).map((id) => [id, works[id]]),
  );
  return toDo;
}

async function compare(options: CompareOptions, args: readonly string[]): Promise<void> {
  const file = `${results}${options.isShort ? 'compare-short' : 'compare'}.json`;
  const before = options.isResumed ? await loadComparison(file) : undefined;
  const settings = createSettings(options);
  const taking = contenders.filter(({ id }) => {
    return options.only.length === 0 || options.only.includes(id);
  });
  const toDo = { works: worksToDo(options, before?.works ?? {}), contenders: taking, settings };
  const started = Date.now();
  const command = ['make compare', ...args].join(' ');
  const machine = before?.machine ?? (await describeMachine(command));
  const infos = await Promise.all(taking.map(describeContender));
  const absent = before?.contenders.filter(({ id }) => infos.every((info) => info.id !== id)) ?? [];
  const createComparison = (measured: Works): Comparison => {
    const minutes = machine.minutes + (Date.now() - started) / MS_PER_MINUTE;
    const headRoom = findHeadRoom(measured);
    return {
      machine: { ...machine, minutes: Math.round(minutes * 10) / 10 },
      contenders: [...infos, ...absent],
      works: measured,
      ...(headRoom && { headRoom }),
    };
  };
  for (const { name, obstacle } of infos) if (obstacle !== '') say(`missing: ${name}: ${obstacle}`);
  await buildGenerator();
  const minutes = estimateSeconds(toDo) / 60;
  const count = infos.filter(({ obstacle }) => obstacle === '').length;
  say(`${count} contenders; about ${minutes.toFixed(minutes < 10 ? 1 : 0)} minutes`);

  const lineup = new Lineup(settings);
  stopOnSignals(lineup);
  const save = (measured: Works) => saveComparison(file, createComparison(measured));
  const measured = await runProgramme({ ...toDo, lineup, say }, before?.works ?? {}, save);
  process.stdout.write(`${summarize(createComparison(measured))}\n\n`);
  process.stdout.write(`${file} has every round. The report is made of it by\n`);
  process.stdout.write(`  node load-tests/compare/dist/main.js render ${file}\n`);
  // Readers judge speeds. A short run checks that no contender fails.
  if (options.isShort && listFailures(measured).length > 0) process.exitCode = EXIT_FAILED;
}

async function bench(args: readonly string[]): Promise<void> {
  const options = readBenchOptions(args);
  if (options === null) return void process.stdout.write(BENCH_USAGE);
  const lineup = new Lineup(options.settings);
  stopOnSignals(lineup);
  await buildGenerator();
  const isWell = await runBench({ options, lineup, directory: results, say });
  if (!isWell) process.exitCode = EXIT_FAILED;
}

/** Writes docs/benchmarks.md and its plots of a comparison's JSON. */
async function renderPage(source = `${results}compare.json`): Promise<void> {
  const docs = `${ROOT}docs/`;
  const read = (path: string, hint: string) =>
    readFile(path, 'utf8').catch((error: unknown) => {
      throw new Error(`${path} can't be read: ${hint} (${toText(error)})`, { cause: error });
    });
  const comparison = await read(source, '`make compare` writes it');
  const files = render(comparison, await read(`${docs}${REMARKS_FILE}`, 'it is written by hand'));
  await mkdir(`${docs}${DIRECTORY}`, { recursive: true });
  // Plots that an earlier run had and this one has not.
  const old = (await readdir(`${docs}${DIRECTORY}`)).filter((file) => file.endsWith('.svg'));
  await Promise.all(old.map((file) => rm(`${docs}${DIRECTORY}/${file}`)));
  for (const [path, text] of files) await writeFile(`${docs}${path}`, text);
  say(`docs/benchmarks.md and ${files.size - 1} files beside it are written`);
}

async function main(): Promise<void> {
  const [first = '', ...rest] = process.argv.slice(2);
  if (first === 'render') return renderPage(rest[0]);
  if (first === 'bench') return bench(rest);
  const args = first === 'compare' ? rest : process.argv.slice(2);
  const options = readOptions(
    args,
    contenders.map(({ id }) => id),
  );
  if (options === null) return void process.stdout.write(COMPARE_USAGE);
  if (!existsSync(`${ROOT}services/standalone/dist/main.js`)) {
    throw new Error('newswire is not built: run `make build` first');
  }
  return compare(options, args);
}

main()
  .then(() => process.exit())
  .catch((error: unknown) => {
    if (error instanceof Interrupted) return; // the signal's handler ends the process
    say(`compare: ${toText(error)}`);
    process.exit(error instanceof BadOption ? EXIT_BAD_OPTION : EXIT_FAILED);
  });
