// Does the same work with newswire and its peers side by side, and keeps what it finds.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildGenerator } from '@newswire/load-harness';
import { ROOT } from '@newswire/testkit';
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

/** Asked once, everything is stopped in order; asked again, this program ends at once and takes it along. */
function stopOnSignals(lineup: Lineup): void {
  const end = () => process.exit(EXIT_INTERRUPTED);
  const stop = () => {
    process.once('SIGINT', end).once('SIGTERM', end);
    say('compare: interrupted; stopping the servers');
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

async function compare(options: CompareOptions): Promise<void> {
  const file = `${results}${options.isShort ? 'compare-short' : 'compare'}.json`;
  const before = options.isResumed ? await savedComparison(file) : undefined;
  const settings = settingsFor(options);
  const taking = contenders.filter(({ id }) => {
    return options.only.length === 0 || options.only.includes(id);
  });
  const toDo = { works: worksToDo(options, before?.works ?? {}), contenders: taking, settings };
  const started = Date.now();
  const command = ['make compare', ...process.argv.slice(2)].join(' ');
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

  process.setMaxListeners(0); // every server that stands, to be taken along by our end, is one
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

async function main(): Promise<void> {
  const ids = contenders.map(({ id }) => id);
  const options = readOptions(process.argv.slice(2), ids);
  if (options === null) {
    process.stdout.write(usage);
    return;
  }
  if (!existsSync(`${ROOT}services/standalone/dist/main.js`)) {
    throw new Error('newswire is not built: run `make build` first');
  }
  await compare(options);
}

main()
  .then(() => process.exit())
  .catch((error: unknown) => {
    if (error instanceof Interrupted) return; // the signal's handler ends the process
    say(`compare: ${textOf(error)}`);
    process.exit(error instanceof BadOption ? EXIT_BAD_OPTION : EXIT_FAILED);
  });
