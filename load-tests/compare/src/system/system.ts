import { freePort } from '@newswire/testkit';
import { OTHER_CORE, SERVER_CORE, startAll, stopAll, type Startable } from './programs.js';

/** Options of the generator. */
export type GeneratorArgs = readonly (string | number)[];

/** Something that is measured: servers that run, and what the generator must know of them. */
export interface System {
  readonly name: string;
  readonly args: readonly string[];
  stop(): Promise<void>;
}

/** Starts a system; nothing of it runs when that fails. */
export type StartSystem = () => Promise<System>;

/** Free ports that a system may use: of its clients, publishers, Redis and link. */
export interface Ports {
  readonly clients: number;
  readonly publish: number;
  readonly redis: number;
  readonly link: number;
}

/** The programs of a system, and the generator's options. */
export interface Layout {
  readonly programs: readonly Startable[];
  /** Beside `--ports` and what names the processes. */
  readonly args: GeneratorArgs;
}

export async function reservePorts(): Promise<Ports> {
  const [clients, publish] = [await freePort(), await freePort()];
  return { clients, publish, redis: await freePort(), link: await freePort() };
}

/** Starts the programs; the generator is given `args`, and whose CPU and memory count. */
export function defineSystem(name: string, plan: (ports: Ports) => Layout): StartSystem {
  return async () => {
    const ports = await reservePorts();
    const { programs, args } = plan(ports);
    const running = await startAll(programs);
    const listPids = (core: number) =>
      running.flatMap((each) => (each.core === core ? each.pids : [])).join(',');
    const pids = ['--pids', listPids(SERVER_CORE), '--other-pids', listPids(OTHER_CORE)];
    const all = ['--ports', ports.clients, ...args, ...pids].map(String);
    return { name, args: all, stop: () => stopAll(running) };
  };
}
