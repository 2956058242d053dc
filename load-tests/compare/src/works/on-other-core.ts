import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { OTHER_CORE, SERVER_CORE } from '@newswire/load-harness';

const run = promisify(execFile);
const taskset = (...args: string[]) => run('taskset', ['-p', '-c', ...args, String(process.pid)]);

/**
 * Keeps this process off the servers' core while it acts: a client with its library runs in here. What is started
 * meanwhile inherits that, unless it is pinned itself.
 */
export async function onOtherCore<T>(act: () => Promise<T>): Promise<T> {
  if (availableParallelism() <= SERVER_CORE) return act();
  const { stdout } = await taskset();
  const before = stdout.slice(stdout.lastIndexOf(':') + 1).trim();
  await taskset('-a', String(OTHER_CORE));
  try {
    return await act();
  } finally {
    await taskset('-a', before);
  }
}
