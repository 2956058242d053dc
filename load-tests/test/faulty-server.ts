import { fileURLToPath } from 'node:url';
import { freePort, TestProcess, untilAnswers } from '@newswire/testkit';

const script = fileURLToPath(new URL('faulty-server.mjs', import.meta.url));

/** A server that does wrong on purpose, running. */
export interface FaultyServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts faulty-server.mjs with a fault in each `every`-th item of a channel. */
export async function startFaultyServer(fault: string, every = 100): Promise<FaultyServer> {
  const port = await freePort();
  const env = { ...process.env, FAULT: fault, EVERY: String(every), NEWSWIRE_PORT: String(port) };
  const server = new TestProcess(process.execPath, [script], env);
  await untilAnswers('the faulty server', server, `http://127.0.0.1:${port}/readyz`);
  return { port, stop: async () => void (await server.stop('SIGKILL')) };
}
