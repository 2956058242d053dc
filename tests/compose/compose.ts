import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '@newswire/testkit';

const run = promisify(execFile);

/** The stack under test is a project of its own name, on the ports that users have. */
const environment = { ...process.env, COMPOSE_PROJECT_NAME: 'newswire-test' };

export const STACK_URL = 'http://localhost:9900';
export const STACK_WEB_SOCKET_URL = 'ws://localhost:9900/ws';

/** Runs a program in the checkout. Rejects with its output if it fails. */
export function sh(program: string, ...args: string[]): Promise<string> {
  return runIn(environment, program, args);
}

async function runIn(
  env: NodeJS.ProcessEnv,
  program: string,
  args: readonly string[],
): Promise<string> {
  const options = { cwd: ROOT, env, maxBuffer: 1 << 26 };
  const { stdout } = await run(program, args, options).catch((error: Error) => {
    const { stdout: out = '', stderr: err = '' } = error as unknown as Record<string, string>;
    throw new Error(`${program} ${args.join(' ')}:\n${out.slice(-4000)}${err.slice(-4000)}`);
  });
  return stdout.trim();
}

export function compose(...args: string[]): Promise<string> {
  return sh('docker', 'compose', ...args);
}

/** `docker compose` for another stack, with settings of its own. */
export function createProject(name: string, settings: Readonly<Record<string, string>>) {
  const env = { ...environment, ...settings, COMPOSE_PROJECT_NAME: name };
  return (...args: string[]): Promise<string> => runIn(env, 'docker', ['compose', ...args]);
}

/** One edge container as the host sees it. */
export interface EdgeContainer {
  readonly id: string;
  readonly url: string;
}

/** The running edges, with the address that each is published at. */
export async function edgeContainers(): Promise<EdgeContainer[]> {
  const ids = (await compose('ps', '-q', '--status', 'running', 'edge'))
    .split('\n')
    .filter(Boolean);
  return Promise.all(
    ids.map(async (id) => ({ id, url: `http://${await sh('docker', 'port', id, '9901')}` })),
  );
}

/** A field of `docker inspect`, by Go template. */
export function inspect(id: string, template: string): Promise<string> {
  return sh('docker', 'inspect', '--format', template, id);
}
