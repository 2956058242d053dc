// Measures newswire beside other servers: main.js [compare] [options], or main.js bench [options].
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildGenerator } from '@newswire/load-harness';
import { ROOT } from '@newswire/testkit';
import { runBench } from './bench/bench.js';
import { benchUsage, readBenchOptions } from './bench/options.js';
import { estimateSeconds, failuresOf, infoOf, runProgramme, type Programme } from './comparison.js';
import { contenders } from './contenders/index.js';
import { WORKS, type WorkId } from './contender.js';
import { headRoomOf } from './head-room.js';
import { Interrupted, Lineup } from './lineup.js';
import { machineHere } from './machine.js';
import { BadOption, readOptions, usage, type CompareOptions } from './options.js';
import type { Comparison, Works } from './result.js';
import { savedComparison, saveComparison } from './results-file.js';
import { settingsFor } from './settings.js';
import { summaryOf } from './summary.js';
import { works } from './works/index.js';

const EXIT_FAILED = 1;
const EXIT_BAD_OPTION = 2;
const EXIT_INTERRUPTED = 130;
const MS_PER_MINUTE = 60_000;
const results = fileURLToPath(new URL('../../results/', import.meta.url));

const say = (line: string) => void process.stderr.write(`${line}\n`);
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

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
  const before = options.isResumed ? await savedComparison(file) : undefined;
  const settings = settingsFor(options);
  const taking = contenders.filter(({ id }) => {
    return options.only.length === 0 || options.only.includes(id);
  });
  const toDo = { works: worksToDo(options, before?.works ?? {}), contenders: taking, settings };
  const started = Date.now();
  const command = ['make compare', ...args].join(' ');
  const machine = before?.machine ?? (await machineHere(command));
  const infos = await Promise.all(taking.map(infoOf));
  const absent = before?.contenders.filter(({ id }) => infos.every((info) => info.id !== id)) ?? [];
  const comparisonOf = (measured: Works): Comparison => {
    const minutes = machine.minutes + (Date.now() - started) / MS_PER_MINUTE;
    const headRoom = headRoomOf(measured);
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
  const save = (measured: Works) => saveComparison(file, comparisonOf(measured));
  const measured = await runProgramme({ ...toDo, lineup, say }, before?.works ?? {}, save);
  process.stdout.write(`${summaryOf(comparisonOf(measured))}\n\n`);
  process.stdout.write(`${file} has every round. The report is made of it by\n`);
  process.stdout.write(`  node load-tests/compare/dist/render/main.js ${file}\n`);
  // Speeds are for readers to judge. What a short run is for is that nobody fails.
  if (options.isShort && failuresOf(measured).length > 0) process.exitCode = EXIT_FAILED;
}

async function bench(args: readonly string[]): Promise<void> {
  const options = readBenchOptions(args);
  if (options === null) return void process.stdout.write(benchUsage);
  const lineup = new Lineup(options.settings);
  stopOnSignals(lineup);
  const isWell = await runBench({ options, lineup, directory: results, say });
  if (!isWell) process.exitCode = EXIT_FAILED;
}

async function main(): Promise<void> {
  const [first = '', ...rest] = process.argv.slice(2);
  if (first === 'bench') return bench(rest);
  const args = first === 'compare' ? rest : process.argv.slice(2);
  const options = readOptions(
    args,
    contenders.map(({ id }) => id),
  );
  if (options === null) return void process.stdout.write(usage);
  if (!existsSync(`${ROOT}services/standalone/dist/main.js`)) {
    throw new Error('newswire is not built: run `make build` first');
  }
  return compare(options, args);
}

main()
  .then(() => process.exit())
  .catch((error: unknown) => {
    if (error instanceof Interrupted) return; // the signal's handler ends the process
    say(`compare: ${textOf(error)}`);
    process.exit(error instanceof BadOption ? EXIT_BAD_OPTION : EXIT_FAILED);
  });
