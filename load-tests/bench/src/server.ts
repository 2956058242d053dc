import { tmpdir } from 'node:os';
import { freePort, TestProcess, untilAnswers } from '@newswire/testkit';
import { pinned } from './pinned.js';

const SERVER_CORE = 1;
const READY_LIMIT_MS = 15_000;

/** A server under test, in a process of its own on its own core. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts a Node script as a server on a free port; resolves when its `/readyz` is 200. */
export async function startServer(name: string, script: string): Promise<Server> {
  const port = await freePort();
  const env = { ...process.env, NEWSWIRE_PORT: String(port), NEWSWIRE_LOG_LEVEL: 'warn' };
  const [command, ...args] = pinned(SERVER_CORE, [process.execPath, script]);
  // taskset replaces itself by the server: the child's pid is the server's.
  const server = new TestProcess(command, args, env, tmpdir()); // where no .env of ours is
  const stop = async () => void (await server.stop());
  const url = `http://127.0.0.1:${port}/readyz`;
  await untilAnswers(name, server, url, READY_LIMIT_MS).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { name, port, pid: server.pid, stop };
}
