import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinned } from './pinned.js';
import type { Server } from './server.js';

const GENERATOR_CORE = 0;
const directory = fileURLToPath(new URL('../../generator/', import.meta.url));
const run = promisify(execFile);

/** What the generator says of a publishing run; its other keys are in load-tests/README.md. */
export interface LoadResult {
  readonly deliveries_per_s: number;
  readonly latency_ms: { readonly p50: number; readonly p99: number };
  readonly generator_cpu_share: number;
  readonly server_cpu_share: number;
  readonly server_cpu_s_per_million: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly publishes_refused: number;
  readonly stalls: number;
}

/** What it says of connections that only stand. */
export interface IdleResult {
  readonly kib_per_connection: number;
  readonly connect_cpu_us: number;
}

async function load<Result>(server: Server, args: readonly string[]): Promise<Result> {
  const [command, ...rest] = pinned(GENERATOR_CORE, [`${directory}build/newswire-load`]);
  const target = ['--ports', String(server.port), '--pids', String(server.pid)];
  const { stdout } = await run(command, [...rest, ...target, ...args]);
  const result: Result = JSON.parse(stdout);
  return result;
}

export async function buildGenerator(): Promise<void> {
  await run('make', ['-C', directory]);
}

/** Publishes in a closed loop to subscribers of one channel. */
export async function measureWindow(
  server: Server,
  load_: { readonly window: number; readonly connections: number; readonly seconds: number },
): Promise<LoadResult> {
  const { window, connections, seconds } = load_;
  const args = ['--window', window, '--connections', connections, '--seconds', seconds];
  const short = ['--settle', 0.1, '--warm', 0.5, '--size', 64];
  return load(server, [...args, ...short].map(String));
}

/** Weighs idle subscribed connections. */
export async function measureIdle(server: Server, connections: number): Promise<IdleResult> {
  const args = ['--idle', '--settle', '2', '--connections', String(connections)];
  return load(server, args);
}
