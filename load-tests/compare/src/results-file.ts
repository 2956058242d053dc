import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BadOption } from './options.js';
import type { Comparison } from './result.js';

/** Writes it as a whole or not at all: whoever is interrupted keeps what was there. */
export async function saveComparison(file: string, comparison: Comparison): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, `${JSON.stringify(comparison)}\n`);
  await rename(`${file}.part`, file);
}

/** What an earlier run has left. Throws BadOption when there is nothing to go on with. */
export async function savedComparison(file: string): Promise<Comparison> {
  const refuse = (why: string) =>
    new BadOption(`--resume has nothing to go on with: ${file} ${why}`);
  const text = await readFile(file, 'utf8').catch(() => {
    throw refuse('is not there');
  });
  try {
    const saved: Comparison = JSON.parse(text);
    if (typeof saved.works === 'object' && typeof saved.machine === 'object') return saved;
  } catch {
    // said below
  }
  throw refuse('is no comparison');
}
