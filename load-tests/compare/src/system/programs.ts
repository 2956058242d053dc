// Programs that run for a measurement, each pinned to a core.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingPrograms, TestProcess, until, untilAnswers } from '@newswire/testkit';

const READY_LIMIT_MS = 15_000;
/** A program that has not ended by then after SIGTERM is killed. */
const STOP_LIMIT_MS = 5000;

/** load-tests/peers/, where peers have their scripts and configurations. */
export const PEERS = fileURLToPath(new URL('../../../peers/', import.meta.url));

/** The core of what is measured, and that of everything else. */
export const SERVER_CORE = 1;
export const OTHER_CORE = 0;

export interface Program {
  readonly name: string;
  /** The server's, unless said otherwise. */
  readonly core?: number;
  /** `{CONFIG}` and `{DIRECTORY}` are replaced by the paths of the filled-in configuration and its folder. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** A URL that answers 2xx, or a port that takes connections. */
  readonly ready: string | number;
  /** A template in load-tests/peers, and what its places such as `{PORT}` are filled with. */
  readonly config?: {
    readonly template: string;
    readonly values: Readonly<Record<string, string | number>>;
  };
}

export interface Running {
  readonly pids: readonly number[];
  readonly core: number;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** A program, or what starts one in its own way. */
export type Startable = Program | (() => Promise<Running>);

/** The command pinned to a core, or as it is where there is only one. */
export function pinCommand(
  core: number,
  command: readonly [string, ...string[]],
): [string, ...string[]] {
  if (availableParallelism() <= core) return [...command];
  return ['taskset', '-c', String(core), ...command];
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/** Writes the configuration into a folder of its own. A place without a value is an error. */
async function writeConfig({ template, values }: NonNullable<Program['config']>) {
  const all: Readonly<Record<string, string | number>> = { USER: userInfo().username, ...values };
  const text = await readFile(`${PEERS}${template}`, 'utf8');
  const filled = text.replaceAll(/\{([A-Z_]+)\}/g, (_, place: string) => {
    const value = all[place];
    if (value === undefined) throw new Error(`${template} has a place ${place} without a value`);
    return String(value);
  });
  const directory = await mkdtemp(join(tmpdir(), 'newswire-peer-'));
  await writeFile(join(directory, 'server.conf'), filled);
  return directory;
}

/** Starts it on its core; resolves when it is ready. */
export async function start(program: Program): Promise<Running> {
  const { name, core = SERVER_CORE, command, env, ready, config } = program;
  const directory = config && (await writeConfig(config));
  const places = { '{CONFIG}': `${directory}/server.conf`, '{DIRECTORY}': `${directory}/` };
  const [file, ...args] = pinCommand(core, command).map((word) =>
    Object.entries(places).reduce((text, [place, value]) => text.replace(place, value), word),
  );
  // taskset replaces itself by the program: the child's pid is the program's.
  const child = new TestProcess(file ?? '', args, { ...process.env, ...env }, tmpdir()); // no .env there
  const stop = async () => {
    const timer = setTimeout(() => child.signal('SIGKILL'), STOP_LIMIT_MS);
    await child.stop().finally(() => clearTimeout(timer));
    if (directory) await rm(directory, { recursive: true, force: true });
  };
  const isReady =
    typeof ready === 'string'
      ? untilAnswers(name, child, ready, READY_LIMIT_MS)
      : until(name, () => takesConnections(ready), READY_LIMIT_MS);
  await isReady.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { pids: [child.pid], core, stop };
}

/** Starts them one after another; if one fails, those before it are stopped. */
export async function startAll(programs: readonly Startable[]): Promise<Running[]> {
  const running: Running[] = [];
  try {
    for (const program of programs) {
      running.push(await (typeof program === 'function' ? program() : start(program)));
    }
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
export const locatePeer = (name: string): string => `${PEERS}build/${name}`;

/** Says in a sentence which of these programs and peers are missing; empty when none is. */
export function describeMissing(what: { programs?: string[]; peers?: string[] }): string {
  const programs = missingPrograms(...(what.programs ?? []));
  const peers = (what.peers ?? []).filter((name) => !existsSync(locatePeer(name)));
  const hint = peers.length > 0 ? ' (load-tests/peers/install builds it)' : '';
  const names = [...programs, ...peers];
  return names.length > 0 ? `${names.join(' and ')} is not here${hint}` : '';
}
