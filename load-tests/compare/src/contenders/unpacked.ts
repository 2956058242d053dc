// nchan and Mosquitto, unpacked from Debian's packages by peers/debian.
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  peerPath,
  SERVER_CORE,
  start,
  systemOf,
  type Program,
  type System,
} from '@newswire/load-harness';
import { freePort, missingPrograms, programPath } from '@newswire/testkit';
import { EventSource } from 'eventsource';
import {
  RECOVERY_HISTORY,
  type Contender,
  type RecoveringClient,
  type RecoveryContender,
  type RecoveryListener,
} from '../contender.js';
import { versionOf } from './versions.js';

const peers = fileURLToPath(new URL('../../../peers/', import.meta.url));
const root = peerPath('debian');
const mosquittoProgram = `${root}/usr/sbin/mosquitto`;
const nchanModule = `${root}/usr/lib/nginx/modules/ngx_nchan_module.so`;
const HISTORY = 1000;
const OPEN_FILES = 19_000; // below the usual hard limit of 20,000

/** The Nginx that was unpacked with the module, or the system's, for whose package the module is made. */
function nginxProgram(): string {
  const own = `${root}/usr/sbin/nginx`;
  return existsSync(own) ? own : (programPath('nginx') ?? 'nginx');
}

const missingUnpacked = (name: string, path: string) =>
  existsSync(path) ? '' : `${name} is not here (load-tests/peers/install unpacks it)`;

/** Where the unpacked programs find the libraries that came with them. */
function unpackedLibraries(): Readonly<Record<string, string>> {
  const folders = [`${root}/usr/lib`, `${root}/lib`].filter((folder) => existsSync(folder));
  const ofMachines = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => `${folder}/${name}`),
  );
  return { LD_LIBRARY_PATH: ofMachines.join(':') };
}

/** A server's configuration in a folder of its own, where the server may write as well. */
interface PeerFiles {
  readonly directory: string;
  readonly file: string;
  remove(): Promise<void>;
}

/** Fills the places of `path`, in load-tests/peers, such as `{PORT}`. A place without a value is an error. */
async function fillIn(
  path: string,
  values: Readonly<Record<string, string | number>>,
): Promise<PeerFiles> {
  const text = await readFile(`${peers}${path}`, 'utf8');
  const filled = text.replaceAll(/\{([A-Z_]+)\}/g, (_, place: string) => {
    const value = values[place];
    if (value === undefined) throw new Error(`${path} has a place ${place} that nothing fills`);
    return String(value);
  });
  const directory = await mkdtemp(join(tmpdir(), 'newswire-peer-'));
  const file = join(directory, 'server.conf');
  await writeFile(file, filled);
  return { directory, file, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Starts a server that needs the files; they are removed when it stops, or when it does not start. */
async function withFiles<Started extends Pick<System, 'stop'>>(
  files: PeerFiles,
  startServer: () => Promise<Started>,
): Promise<Started> {
  try {
    const started = await startServer();
    const stop = async () => {
      await started.stop();
      await files.remove();
    };
    return { ...started, stop };
  } catch (error) {
    await files.remove();
    throw error;
  }
}

export const mosquitto: Contender = {
  id: 'mosquitto',
  name: 'Mosquitto',
  kind: 'peer',
  about:
    'MQTT 3.1.1 over WebSocket at QoS 0, published to over plain MQTT; no limits to its queues; keeps nothing.',
  obstacle: () => missingUnpacked('Mosquitto', mosquittoProgram),
  version: () => versionOf('Mosquitto', [mosquittoProgram, '-h'], unpackedLibraries()),
  start: async () => {
    const [port, publishing] = [await freePort(), await freePort()];
    const values = { PORT: port, PUBLISH_PORT: publishing, USER: userInfo().username };
    const files = await fillIn('mosquitto/mosquitto.conf', values);
    const program: Program = {
      name: 'Mosquitto',
      core: SERVER_CORE,
      command: [mosquittoProgram, '-c', files.file],
      env: unpackedLibraries(),
      ready: port,
    };
    const packets = ['--publish-hello', 'CONNECT', '--publish', 'PUBLISH c{C} {M}'];
    const inlet = ['--publish-port', publishing, '--publish-by', 'raw', ...packets];
    const args = ['--ports', port, '--wire', 'mqtt', ...inlet];
    return withFiles(files, () => systemOf('Mosquitto', [program], args));
  },
};

/** Starts Nginx with nchan, which keeps `history` items of a channel. */
async function startNchan<Started extends Pick<System, 'stop'>>(
  port: number,
  history: number,
  startServer: (program: Program) => Promise<Started>,
): Promise<Started> {
  const values = { MODULE: nchanModule, OPEN_FILES, PORT: port, HISTORY: history };
  const files = await fillIn('nchan/nginx.conf', values);
  const program: Program = {
    name: 'nchan',
    core: SERVER_CORE,
    command: [nginxProgram(), '-e', 'stderr', '-p', `${files.directory}/`, '-c', files.file],
    ready: `http://127.0.0.1:${port}/readyz`,
  };
  return withFiles(files, () => startServer(program));
}

/** Only its status page has the version. */
async function nchanVersion(): Promise<string> {
  const port = await freePort();
  const running = await startNchan(port, HISTORY, start);
  try {
    const status = await fetch(`http://127.0.0.1:${port}/status`);
    return /nchan version: (\S+)/.exec(await status.text())?.[1] ?? 'without a version';
  } finally {
    await running.stop();
  }
}

/**
 * The library names the last message that it received, with its own delay between attempts. nchan continues after that
 * message and never reports that it could not: so it always counts as whole.
 */
function connect(port: number, channel: string, client: RecoveryListener): RecoveringClient {
  const url = `http://127.0.0.1:${port}/subscribe/${encodeURIComponent(channel)}`;
  const source = new EventSource(url);
  source.addEventListener('open', () => client.onSubscribed(true));
  source.addEventListener('message', ({ data }) => client.onMessage(String(data)));
  return { close: () => source.close() };
}

async function publish(port: number, channel: string, body: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/publish/${encodeURIComponent(channel)}`;
  const answer = await fetch(url, { method: 'POST', body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the publication was refused: ${answer.status} ${text}`);
}

/** By EventSource, which browsers have; nchan's WebSocket subscribers need its own client to resume. */
const nchanRecovery: RecoveryContender = {
  start: async () => {
    const port = await freePort();
    const running = await startNchan(port, RECOVERY_HISTORY, start);
    const stop = () => running.stop();
    return { port, connect, publish: (...item) => publish(port, ...item), stop };
  },
};

export const nchan: Contender = {
  id: 'nchan',
  name: 'nchan',
  kind: 'peer',
  about:
    'Nginx with the nchan module: one process, WebSocket subscribers, published to by HTTP POST; keeps 1,000 items for 10 minutes in its own memory.',
  obstacle: () => {
    const noNginx = `${missingPrograms('nginx').join()} is not here`;
    return missingUnpacked('nchan', nchanModule) || (nginxProgram() === 'nginx' ? noNginx : '');
  },
  version: async () => {
    const nginx = await versionOf('Nginx', [nginxProgram(), '-v']);
    return `nchan ${await nchanVersion()} in ${nginx}`;
  },
  start: async () => {
    const port = await freePort();
    const subscribing = ['--path', '/subscribe/c{C}', '--subscribe', ''];
    const publishing = ['--publish-path', '/publish/c{C}', '--publish', '{M}'];
    const args = ['--ports', port, '--wire', 'seed', ...subscribing, ...publishing];
    return startNchan(port, HISTORY, (program) => systemOf('nchan', [program], args));
  },
  recovery: nchanRecovery,
};
