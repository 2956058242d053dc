import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { missingPrograms, TestProcess, until, untilAnswers } from '@newswire/testkit';
import { pinned } from './pinned.js';

const READY_LIMIT_MS = 15_000;

/** Who has not ended by then when asked to is ended. */
const STOP_LIMIT_MS = 5000;
const peersDirectory = fileURLToPath(new URL('../../peers/', import.meta.url));

/** The core of what is measured, and that of everything else. */
export const SERVER_CORE = 1;
export const OTHER_CORE = 0;

/** A program that runs for a measurement, and how to know that it is ready. */
export interface Program {
  readonly name: string;
  readonly core: number;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** A URL that answers 2xx, or a port that takes connections. */
  readonly ready: string | number;
}

export interface Running {
  readonly pid: number;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/** Starts it on its core; resolves when it is ready. */
export async function start({ name, core, command, env, ready }: Program): Promise<Running> {
  const [program, ...args] = pinned(core, command);
  // taskset replaces itself by the program: the child's pid is the program's.
  const child = new TestProcess(program, args, { ...process.env, ...env }, tmpdir()); // no .env there
  const stop = async () => {
    const timer = setTimeout(() => child.signal('SIGKILL'), STOP_LIMIT_MS);
    await child.stop().finally(() => clearTimeout(timer));
  };
  const isReady =
    typeof ready === 'string'
      ? untilAnswers(name, child, ready, READY_LIMIT_MS)
      : until(name, () => takesConnections(ready), READY_LIMIT_MS);
  await isReady.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { pid: child.pid, stop };
}

/** Starts them one after another; whatever fails takes the others down with it. */
export async function startAll(programs: readonly Program[]): Promise<Running[]> {
  const running: Running[] = [];
  try {
    for (const program of programs) running.push(await start(program));
  } catch (error) {
    await stopAll(running);
    throw error;
  }
  return running;
}

/** Stops the last one first: servers before their Redis. */
export async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
  for (const each of running.toReversed()) await each.stop();
}

/** Where a peer is built, see peers/install. */
export function peerPath(name: string): string {
  return `${peersDirectory}build/${name}`;
}

/** Says in a sentence what is not here of programs and peers; empty when all is. */
export function missing(what: { programs?: string[]; peers?: string[] }): string {
  const programs = missingPrograms(...(what.programs ?? []));
  const peers = (what.peers ?? []).filter((name) => !existsSync(peerPath(name)));
  const hint = peers.length > 0 ? ' (load-tests/peers/install builds it)' : '';
  const names = [...programs, ...peers];
  return names.length > 0 ? `${names.join(' and ')} is not here${hint}` : '';
}
