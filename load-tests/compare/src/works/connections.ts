import { load, type IdleResult, type System } from '@newswire/load-harness';
import { roundsOf, type Settings } from '../settings.js';
import { inOrder, sheetsFor, takeTurn } from './turns.js';
import { connectingSeconds, type Work } from './work.js';

const ROUNDS_SHARE = 2 / 3;
const CONNECT_LIMIT_S = 30;
const LIMIT_MS = 60_000;
const SETTLE_S = 2;
const START_S = 1;

const roundsFor = (settings: Settings) => roundsOf(settings, ROUNDS_SHARE);
const settleFor = ({ isShort }: Settings) => (isShort ? 0.1 : SETTLE_S);

/**
 * Connections that only stand, to a fresh process: memory that a load has left behind would hide their own. The
 * short comparison is not after what they weigh, and takes the process that stands.
 */
export const connections: Work<'connections'> = {
  secondsEach: (settings) =>
    roundsFor(settings) *
    ((settings.isShort ? 0 : START_S) +
      settleFor(settings) +
      connectingSeconds(settings, settings.idleConnections)),
  measure: async ({ contenders, lineup, settings, say }) => {
    const by = sheetsFor<IdleResult>(contenders);
    const count = ['--connections', settings.idleConnections, '--connect-limit', CONNECT_LIMIT_S];
    const args = ['--idle', '--settle', settleFor(settings), ...count];
    for (let round = 0; round < roundsFor(settings); round += 1) {
      for (const contender of inOrder(contenders, round)) {
        const weigh = (system: System) => load<IdleResult>(system, args, LIMIT_MS);
        await takeTurn(by[contender.id], () =>
          settings.isShort ? lineup.run(contender, weigh) : lineup.runFresh(contender, weigh),
        );
      }
      say(`round ${round + 1} of ${roundsFor(settings)}`);
    }
    return by;
  },
};
