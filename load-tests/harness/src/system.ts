import { OTHER_CORE, SERVER_CORE, startAll, stopAll } from './programs.js';
import type { Program, Running } from './programs.js';

/** Something that is measured: servers that run, and what the generator must know of them. */
export interface System {
  readonly name: string;
  readonly args: readonly string[];
  stop(): Promise<void>;
}

/** Starts a system; nothing of it runs when that fails. */
export type StartSystem = () => Promise<System>;

const quiet = { NEWSWIRE_LOG_LEVEL: 'error', NEWSWIRE_DRAIN_MS: '0' };
const pidsOf = (running: readonly Running[]) => running.map(({ pid }) => pid).join(',');

/** Starts the programs; the generator is told `args`, and whose CPU and memory count. */
export async function systemOf(
  name: string,
  programs: readonly Program[],
  args: readonly (string | number)[],
): Promise<System> {
  const running = await startAll(programs);
  const on = (core: number) => pidsOf(running.filter((_, i) => programs[i]?.core === core));
  const pids = ['--pids', on(SERVER_CORE), '--other-pids', on(OTHER_CORE)];
  return { name, args: [...args.map(String), ...pids], stop: () => stopAll(running) };
}

/** A script of newswire's, which takes its port by that environment variable; `flags` are Node's. */
export function nodeProgram(
  name: string,
  core: number,
  script: string,
  port: [string, number],
  flags: readonly string[] = [],
): Program {
  const [variable, number] = port;
  return {
    name,
    core,
    command: [process.execPath, ...flags, script],
    env: { ...quiet, [variable]: String(number) },
    ready: `http://127.0.0.1:${number}/readyz`,
  };
}

/** A Redis without a file: what is measured is not the disk. */
export function redisOn(core: number, port: number): Program {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return { name: 'Redis', core, command: ['redis-server', ...args], ready: port };
}
