import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pinned } from './pinned.js';

const SERVER_CORE = 1;
const READY_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 5_000;

/** A server under test, in a process of its own on its own core. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return address.port;
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Starts a Node script as a server on a free port; resolves when its `/readyz` is 200. */
export async function startServer(name: string, script: string): Promise<Server> {
  const port = await freePort();
  const env = { ...process.env, NEWSWIRE_PORT: String(port), NEWSWIRE_LOG_LEVEL: 'warn' };
  const [command, ...args] = pinned(SERVER_CORE, [process.execPath, script]);
  // taskset replaces itself by the server: the child's pid is the server's.
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await gone;
    clearTimeout(limit);
  };
  for (const limitMs = Date.now() + READY_LIMIT_MS; !(await isReady(port)); await delay(50)) {
    if (child.exitCode === null && Date.now() < limitMs) continue;
    await stop();
    throw new Error(`${name} (${script}) did not become ready`);
  }
  return { name, port, pid: child.pid ?? 0, stop };
}
