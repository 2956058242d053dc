import {
  centrifugeProgram,
  redisOn,
  SERVER_CORE,
  startAll,
  type Program,
} from '@newswire/load-harness';
import { freePort } from '@newswire/testkit';
import type { RecoveryContender } from '../contender.js';
import { systemAt } from './centrifuge-client.js';
import { RECOVERY_HISTORY } from './recovery-history.js';

/** The same server with recovery on in its subscriptions. */
export function centrifugeRecovery(engine: 'memory' | 'redis'): RecoveryContender {
  return {
    start: async () => {
      const [port, redis] = [await freePort(), await freePort()];
      const options = ['-recover', '-history', String(RECOVERY_HISTORY)];
      const overRedis = ['-redis', `127.0.0.1:${redis}`];
      const programs: Program[] =
        engine === 'memory'
          ? [centrifugeProgram(port, ...options)]
          : [redisOn(SERVER_CORE, redis), centrifugeProgram(port, ...options, ...overRedis)];
      const running = await startAll(programs);
      return systemAt({ clients: port, api: port }, running);
    },
  };
}
