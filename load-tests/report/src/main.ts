// Reads what k6 writes with `--out csv=-` from standard input, passes on what is no sample, and at its
// end writes <results>/<scenario>.json and .html. Called by load-tests/run.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { page } from './page.ts';
import { resultOf, type Summary } from './result.ts';
import { SampleReader } from './samples.ts';
import { Timeline } from './timeline.ts';

async function read(): Promise<Timeline> {
  const timeline = new Timeline();
  const samples = new SampleReader(
    (sample) => timeline.add(sample),
    (line) => void process.stdout.write(`${line}\n`),
  );
  for await (const text of process.stdin.setEncoding('utf8')) samples.push(String(text));
  samples.end();
  return timeline;
}

/** What the scenario left behind; undefined when k6 ended before it could. */
async function summaryAt(file: string): Promise<Summary | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Summary);
}

/** `shown`: the folder of the results as its reader knows it. */
async function run(scenario: string, results: string, shown: string): Promise<void> {
  const timeline = await read();
  const summaryFile = join(results, `${scenario}.summary.json`);
  const summary = await summaryAt(summaryFile);
  if (summary === undefined) {
    process.stderr.write('loadtest: k6 ended without a summary, so there is no new report.\n');
    return;
  }
  const result = resultOf(scenario, summary, timeline);
  const file = join(results, scenario);
  await writeFile(`${file}.json`, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(`${file}.html`, page(result));
  await rm(summaryFile);
  process.stdout.write(`Report: ${join(shown, `${scenario}.html`)}\n`);
}

// Ctrl-C ends k6, which then says how it went: whoever reads it stays until it has.
process.on('SIGINT', () => undefined);
const option = { type: 'string' } as const;
const { values } = parseArgs({ options: { scenario: option, results: option, shown: option } });
const { scenario = '', results = '.', shown = results } = values;
await run(scenario, results, shown);
