import type { IdleResult } from '../result.js';
import { countRounds, type Settings } from '../settings.js';
import { load } from '../system/generator.js';
import type { System } from '../system/system.js';
import { estimateConnecting, takeTurns, type Work } from './work.js';

const ROUNDS_SHARE = 2 / 3;
const CONNECT_LIMIT_S = 30;
const LIMIT_MS = 60_000;
const START_S = 1;

const chooseSettleSeconds = ({ isShort }: Settings) => (isShort ? 0.1 : 2);

/**
 * Connections that only stand, to a fresh process: memory that a load has left behind would hide their own. The
 * short comparison does not weigh them, and takes the process that runs.
 */
export const connections: Work<'connections'> = {
  estimateSeconds: (settings) =>
    countRounds(settings, ROUNDS_SHARE) *
    ((settings.isShort ? 0 : START_S) +
      chooseSettleSeconds(settings) +
      estimateConnecting(settings, settings.idleConnections)),
  measure: async (stage) => {
    const { lineup, settings } = stage;
    const count = ['--connections', settings.idleConnections, '--connect-limit', CONNECT_LIMIT_S];
    const args = ['--idle', '--settle', chooseSettleSeconds(settings), ...count];
    const weigh = (system: System) => load<IdleResult>(system, args, LIMIT_MS);
    return takeTurns(stage, countRounds(settings, ROUNDS_SHARE), (contender) =>
      settings.isShort ? lineup.run(contender, weigh) : lineup.runFresh(contender, weigh),
    );
  },
};
