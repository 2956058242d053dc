import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@newswire/testkit';
import type { BenchOptions } from './options.js';
import { OTHER_CORE, peerPath, SERVER_CORE, startAll, stopAll } from './programs.js';
import type { Program, Running } from './programs.js';

const rawScript = fileURLToPath(new URL('../raw-server.mjs', import.meta.url));

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

async function systemOf(
  name: string,
  programs: readonly Program[],
  args: readonly (string | number)[],
): Promise<System> {
  const running = await startAll(programs);
  const on = (core: number) => pidsOf(running.filter((_, i) => programs[i]?.core === core));
  const pids = ['--pids', on(SERVER_CORE), '--other-pids', on(OTHER_CORE)];
  return { name, args: [...args.map(String), ...pids], stop: () => stopAll(running) };
}

function node(name: string, core: number, script: string, port: [string, number]): Program {
  const [variable, number] = port;
  return {
    name,
    core,
    command: [process.execPath, script],
    env: { ...quiet, [variable]: String(number) },
    ready: `http://127.0.0.1:${number}/readyz`,
  };
}

/** One Node process that is both publisher's and subscribers' server. */
export function alone(name: string, script: string, wire = 'seed'): StartSystem {
  return async () => {
    const port = await freePort();
    const server = node(name, SERVER_CORE, script, ['NEWSWIRE_PORT', port]);
    return systemOf(name, [server], ['--ports', port, '--wire', wire]);
  };
}

export const raw = (wire = 'seed'): StartSystem => alone('raw', rawScript, wire);

export function standalone({ standalone: script, wire }: BenchOptions): StartSystem {
  return alone('newswire', script, wire);
}

/** Without a file: what is measured is not the disk. */
function redisOn(core: number, port: number): Program {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return { name: 'Redis', core, command: ['redis-server', ...args], ready: port };
}

function service(
  options: BenchOptions,
  name: 'edge' | 'center',
  core: number,
  ports: { own: number; redis: number },
): Program {
  const script = `${options.checkout}/services/${name}/dist/main.js`;
  const variable = `NEWSWIRE_${name.toUpperCase()}_PORT`;
  const program = node(name, core, script, [variable, ports.own]);
  const NEWSWIRE_REDIS_URL = `redis://127.0.0.1:${ports.redis}`;
  return { ...program, env: { ...program.env, NEWSWIRE_REDIS_URL } };
}

/** Redis, center and edge; the edge is on the server's core, the others on `core`. */
async function cluster(options: BenchOptions, core: number) {
  const [redis, center, edge] = [await freePort(), await freePort(), await freePort()];
  const programs = [
    redisOn(core, redis),
    service(options, 'center', core, { own: center, redis }),
    service(options, 'edge', SERVER_CORE, { own: edge, redis }),
  ];
  return { redis, center, programs, args: ['--ports', edge, '--wire', options.wire] };
}

/** An edge alone on its core. What it is sent comes by the inlet: plain PUBLISH on Redis. */
export function edgeOverRedis(options: BenchOptions): StartSystem {
  return async () => {
    const { redis, programs, args } = await cluster(options, OTHER_CORE);
    const inlet = ['--publish-by', 'redis', '--publish', 'PUBLISH news:c{C} {M}'];
    return systemOf('newswire', programs, [...args, '--publish-port', redis, ...inlet]);
  };
}

/** All of newswire and its Redis on one core, published to by center's API. */
export function onOneCore(options: BenchOptions): StartSystem {
  return async () => {
    const { center, programs, args } = await cluster(options, SERVER_CORE);
    return systemOf('newswire', programs, [...args, '--publish-port', center]);
  };
}

/** A Centrifuge server and its Redis on one core. */
export const centrifuge: StartSystem = async () => {
  const [redis, port] = [await freePort(), await freePort()];
  const addresses = ['-listen', `127.0.0.1:${port}`, '-redis', `127.0.0.1:${redis}`];
  const server: Program = {
    name: 'the Centrifuge server',
    core: SERVER_CORE,
    command: [peerPath('centrifuge'), ...addresses],
    env: { GOMAXPROCS: '1' },
    ready: `http://127.0.0.1:${port}/readyz`,
  };
  const programs = [redisOn(SERVER_CORE, redis), server];
  return systemOf('Centrifuge', programs, ['--ports', port, '--wire', 'centrifuge']);
};

export const nats: StartSystem = async () => {
  const [client, port] = [await freePort(), await freePort()];
  const directory = await mkdtemp(join(tmpdir(), 'newswire-nats-'));
  const file = join(directory, 'nats.conf');
  const webSocket = `websocket { listen: "127.0.0.1:${port}", no_tls: true }`;
  await writeFile(file, `listen: "127.0.0.1:${client}"\n${webSocket}\n`);
  const server: Program = {
    name: 'the NATS server',
    core: SERVER_CORE,
    command: [peerPath('nats-server'), '-c', file],
    env: { GOMAXPROCS: '1' },
    ready: port,
  };
  return systemOf('NATS', [server], ['--ports', port, '--wire', 'nats', '--publish-by', 'ws']);
};
