import { readFile } from 'node:fs/promises';
import {
  cluster,
  pinned,
  SERVER_CORE,
  startAll,
  stopAll,
  type Measured,
  type StartSystem,
} from '@newswire/load-harness';
import { NginxServer } from '@newswire/testkit';
import { oneByOne } from './one-by-one.js';

/**
 * One would do on one core; but a client takes two connections, and 10,000 clients are more than nginx.conf,
 * and many a limit of open files, give to one worker.
 */
const WORKERS = '2';

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Redis, center, an edge and Nginx before it, all on one core, and what to stop in the end. */
export async function startBehindNginx(measured: Measured, workers: string) {
  const { edge, center, programs } = await cluster(measured, SERVER_CORE);
  const running = await startAll(programs);
  try {
    const upstreams = { edges: [edge], center: [center] };
    const settings = { worker_processes: workers };
    const nginx = await NginxServer.start(upstreams, settings, pinned(SERVER_CORE, ['nginx']));
    return { nginx, center, programs: running, running: [...running, nginx] };
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

/** An edge over Redis whose subscribers come through Nginx. */
export function behindNginx(measured: Measured): StartSystem {
  return async () => {
    const { nginx, center, programs, running } = await startBehindNginx(measured, WORKERS);
    try {
      const pids = [...programs.map(({ pid }) => pid), nginx.pid, ...(await childrenOf(nginx.pid))];
      const ports = ['--ports', String(nginx.port), '--publish-port', String(center)];
      return {
        name: 'newswire',
        args: [...ports, ...oneByOne, '--wire', measured.wire, '--pids', pids.join(',')],
        stop: () => stopAll(running),
      };
    } catch (error) {
      await stopAll(running);
      throw error;
    }
  };
}
