// Measures newswire's standalone server beside a raw uWebSockets.js one, and prints what it finds.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildGenerator, measureIdle, measureWindow } from './generator.js';
import type { BenchOptions } from './options.js';
import { readOptions, usage } from './options.js';
import type { BenchResult, WindowResult } from './report.js';
import { formatReport } from './report.js';
import { startServer } from './server.js';

const EXIT_USAGE = 2;
const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const rawScript = fromHere('../raw-server.mjs');
const standaloneScript = fromHere('../../../services/standalone/dist/main.js');
const resultsDirectory = fromHere('../../results/');

/** Both servers stand all the time; the idle one of them uses no CPU. Their order alternates. */
async function measureWindows(options: BenchOptions, script: string): Promise<WindowResult[]> {
  const results = options.windows.map((window): WindowResult => {
    return { window, raw: [], newswire: [] };
  });
  const raw = await startServer('raw', rawScript);
  const newswire = await startServer('newswire', script).catch(async (error: unknown) => {
    await raw.stop();
    throw error;
  });
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const result of results) {
        const pair = [raw, newswire] as const;
        for (const server of round % 2 === 0 ? pair : pair.toReversed()) {
          const measured = await measureWindow(server, { ...options, window: result.window });
          result[server === raw ? 'raw' : 'newswire'].push(measured);
        }
      }
      process.stderr.write(`round ${round + 1} of ${options.rounds}\n`);
    }
  } finally {
    await Promise.all([raw.stop(), newswire.stop()]);
  }
  return results;
}

/** A fresh process each: memory that a load has left behind would hide what connections cost. */
async function weighIdle(name: string, script: string, connections: number) {
  const server = await startServer(name, script);
  try {
    return await measureIdle(server, connections);
  } finally {
    await server.stop();
  }
}

async function measure(options: BenchOptions, script: string): Promise<BenchResult> {
  const windows = await measureWindows(options, script);
  const connections = options.idleConnections;
  if (connections === 0) return { windows, idle: null };
  const raw = await weighIdle('raw', rawScript, connections);
  const newswire = await weighIdle('newswire', script, connections);
  return { windows, idle: { connections, raw, newswire } };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(usage);
    return;
  }
  const script = options.server ?? standaloneScript;
  if (!existsSync(script)) throw new Error(`${script} is not there: run \`npm run build\` first`);
  await buildGenerator();
  const result = await measure(options, script);
  await mkdir(resultsDirectory, { recursive: true });
  await writeFile(`${resultsDirectory}bench.json`, `${JSON.stringify({ options, ...result })}\n`);
  process.stdout.write(formatReport(result));
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT_USAGE;
});
