import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@newswire/testkit';
import { OTHER_CORE, peerPath, SERVER_CORE, type Program } from './programs.js';
import { nodeProgram, redisOn, systemOf, type StartSystem } from './system.js';

const rawScript = fileURLToPath(new URL('../raw-server.mjs', import.meta.url));

/** Which newswire is measured, and how its subscribers speak. */
export interface Measured {
  /** Where it is built. */
  readonly checkout: string;
  readonly wire: string;
  /** Script of the standalone server. */
  readonly standalone: string;
}

/** As `make start` and the image begin it. */
const STANDALONE_FLAGS = ['--min-semi-space-size=16'];

/** As in docker-compose.yml. */
const SERVICE_FLAGS = {
  edge: ['--min-semi-space-size=16', '--max-semi-space-size=32'],
  center: ['--max-semi-space-size=32'],
};

/** A script that is publisher's and subscribers' server in one, with the embedded server's flags. */
export function embedded(name: string, script: string, port: number): Program {
  return nodeProgram(name, SERVER_CORE, script, ['NEWSWIRE_PORT', port], STANDALONE_FLAGS);
}

/** One Node process that is both publisher's and subscribers' server. */
export function alone(name: string, script: string, wire = 'seed'): StartSystem {
  return async () => {
    const port = await freePort();
    return systemOf(name, [embedded(name, script, port)], ['--ports', port, '--wire', wire]);
  };
}

export const raw = (wire = 'seed'): StartSystem => alone('raw', rawScript, wire);

export function standalone({ standalone: script, wire }: Measured): StartSystem {
  return alone('newswire', script, wire);
}

/** An edge or center of that checkout, with these settings. */
export function service(
  options: Pick<Measured, 'checkout'>,
  name: 'edge' | 'center',
  core: number,
  { own, env }: { own: number; env: Readonly<Record<string, string>> },
): Program {
  const script = `${options.checkout}/services/${name}/dist/main.js`;
  const variable = `NEWSWIRE_${name.toUpperCase()}_PORT`;
  const program = nodeProgram(name, core, script, [variable, own], SERVICE_FLAGS[name]);
  return { ...program, env: { ...program.env, ...env } };
}

/** Redis, center and edge; the edge is on the server's core, the others on `core`. */
export async function cluster(options: Measured, core: number) {
  const [redis, center, edge] = [await freePort(), await freePort(), await freePort()];
  const env = { NEWSWIRE_REDIS_URL: `redis://127.0.0.1:${redis}` };
  const programs = [
    redisOn(core, redis),
    service(options, 'center', core, { own: center, env }),
    service(options, 'edge', SERVER_CORE, { own: edge, env }),
  ];
  return { redis, center, edge, programs, args: ['--ports', edge, '--wire', options.wire] };
}

/** An edge alone on its core. What it is sent comes by the inlet: plain PUBLISH on Redis. */
export function edgeOverRedis(options: Measured): StartSystem {
  return async () => {
    const { redis, programs, args } = await cluster(options, OTHER_CORE);
    const inlet = ['--publish-by', 'redis', '--publish', 'PUBLISH news:c{C} {M}'];
    return systemOf('newswire', programs, [...args, '--publish-port', redis, ...inlet]);
  };
}

/** All of newswire and its Redis on one core, published to by center's API. */
export function onOneCore(options: Measured): StartSystem {
  return async () => {
    const { center, programs, args } = await cluster(options, SERVER_CORE);
    return systemOf('newswire', programs, [...args, '--publish-port', center]);
  };
}

/** A Centrifuge server of load-tests/peers/centrifuge with these options of its own. */
export function centrifugeProgram(port: number, ...options: readonly string[]): Program {
  return {
    name: 'the Centrifuge server',
    core: SERVER_CORE,
    command: [peerPath('centrifuge'), '-listen', `127.0.0.1:${port}`, ...options],
    env: { GOMAXPROCS: '1' },
    ready: `http://127.0.0.1:${port}/readyz`,
  };
}

const centrifugeArgs = (port: number) => ['--ports', port, '--wire', 'centrifuge'];

/** A Centrifuge server and its Redis on one core. */
export const centrifuge: StartSystem = async () => {
  const [redis, port] = [await freePort(), await freePort()];
  const server = centrifugeProgram(port, '-redis', `127.0.0.1:${redis}`);
  return systemOf('Centrifuge', [redisOn(SERVER_CORE, redis), server], centrifugeArgs(port));
};

/** A Centrifuge server with its memory engine. */
export const centrifugeInMemory: StartSystem = async () => {
  const port = await freePort();
  return systemOf('Centrifuge in memory', [centrifugeProgram(port)], centrifugeArgs(port));
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
