import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { peerPath, SERVER_CORE, type Program } from '@newswire/load-harness';

const directory = fileURLToPath(new URL('../../../peers/', import.meta.url));

/** A peer whose server is a script in a folder of load-tests/peers, with packages of its own beside it. */
export interface PeerPackages {
  readonly folder: 'ws-loop' | 'tornado' | 'socket-io';
  /** One that is there when all are. */
  readonly mark: string;
}

export const ofNode = (folder: PeerPackages['folder']): PeerPackages => ({
  folder,
  mark: `${directory}${folder}/node_modules/.made-from`,
});

export const ofPython = (folder: PeerPackages['folder']): PeerPackages => ({
  folder,
  mark: peerPath(`venv/${folder}.made-from`),
});

export const python = peerPath('venv/bin/python');

/** Says in a sentence why its packages are not here, as peers/install has it; empty when they are. */
export function missingPackages({ folder, mark }: PeerPackages): string {
  if (existsSync(mark)) return '';
  const reason = peerPath(`${folder}.missing`);
  if (existsSync(reason)) return `${folder} is not here: ${readFileSync(reason, 'utf8').trim()}`;
  return `${folder} is not here (load-tests/peers/install installs it)`;
}

/** The peer's server under Node, ready when it takes connections. */
export function nodePeer(
  folder: PeerPackages['folder'],
  port: number,
  env: Readonly<Record<string, string>> = {},
): Program {
  return {
    name: folder,
    core: SERVER_CORE,
    command: [process.execPath, `${directory}${folder}/server.mjs`],
    env: { NODE_ENV: 'production', PORT: String(port), ...env },
    ready: port,
  };
}

/** The peer's server under the Python of peers/install, ready when it takes connections. */
export function pythonPeer(folder: PeerPackages['folder'], port: number): Program {
  const script = `${directory}${folder}/server.py`;
  const command = [python, script, String(port)] as const;
  return { name: folder, core: SERVER_CORE, command, ready: port };
}

/** Version of a package that a peer runs with, as the package itself has it. */
export function packageVersion(folder: PeerPackages['folder'], name: string): string {
  const file = `${directory}${folder}/node_modules/${name}/package.json`;
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}
