// Writes docs/benchmarks.md and what it shows, of the JSON that `make compare` wrote.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DIRECTORY, REMARKS_FILE, render } from './render.js';

const EXIT_FAILED = 2;
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const docs = `${root}docs/`;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Plots that an earlier run had and this one has not. */
async function removePlots(): Promise<void> {
  const files = await readdir(`${docs}${DIRECTORY}`);
  const plots = files.filter((file) => file.endsWith('.svg'));
  await Promise.all(plots.map((file) => rm(`${docs}${DIRECTORY}/${file}`)));
}

const read = (path: string, hint: string) =>
  readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`${path} can't be read: ${hint} (${textOf(error)})`, { cause: error });
  });

async function main(): Promise<void> {
  const source = process.argv[2] ?? `${root}load-tests/results/compare.json`;
  const comparison = await read(source, '`make compare` writes it');
  const remarks = await read(`${docs}${REMARKS_FILE}`, 'it is written by hand');
  const files = render(comparison, remarks);
  await mkdir(`${docs}${DIRECTORY}`, { recursive: true });
  await removePlots();
  for (const [path, text] of files) await writeFile(`${docs}${path}`, text);
  process.stderr.write(`docs/benchmarks.md and ${files.size - 1} files beside it are written\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`benchmarks: ${textOf(error)}\n`);
  process.exitCode = EXIT_FAILED;
});
