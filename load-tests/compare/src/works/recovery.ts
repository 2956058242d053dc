import type { Contender } from '../contender.js';
import type { ByContender, Recovery } from '../result.js';
import { countRounds, type Settings } from '../settings.js';
import { recoverOnce, type RecoverySettings } from './recovery-round.js';
import { runOnOtherCore, takeTurns, type Work } from './work.js';

/** 300 publications: fewer than any of the systems keeps. */
const FULL = {
  clients: 500,
  ratePerS: 50,
  beforeMs: 1000,
  outageMs: 2000,
  afterMs: 3000,
  limitMs: 30_000,
};
const SHORT = { ...FULL, clients: 20, beforeMs: 200, outageMs: 300, afterMs: 500, limitMs: 10_000 };

const ROUNDS_SHARE = 1 / 3;
/** Starting, connecting and catching up, beside the time of publishing. */
const REST_S = 4;

const chooseSettings = (settings: Settings): RecoverySettings => ({
  ...(settings.isShort ? SHORT : FULL),
  rounds: countRounds(settings, ROUNDS_SHARE),
});

/**
 * Recovery after a cut of all connections, of the contenders that claim it and can be measured here, in turns. Proxy,
 * clients and publisher run in this process, on the core that is not the servers'. A contender that fails has no
 * further round; clients that do not come back are counted as losses.
 */
export async function measureRecovery(
  contenders: readonly Contender[],
  settings: RecoverySettings,
  say: (line: string) => void = () => {},
): Promise<ByContender<Recovery>> {
  const taking = contenders.filter(
    (each) => each.recovery && !each.leftOut?.recovery && each.obstacle() === '',
  );
  return runOnOtherCore(() =>
    takeTurns({ contenders: taking, say }, settings.rounds, async ({ id, recovery: claim }) => {
      if (!claim) throw new Error(`${id} does not claim recovery`);
      return recoverOnce(claim, settings);
    }),
  );
}

/** All connections are cut while publications go on; systems that claim recovery, with servers of their own. */
export const recovery: Work<'recovery'> = {
  estimateSeconds: (settings) => {
    const { rounds, beforeMs, outageMs, afterMs } = chooseSettings(settings);
    return rounds * ((beforeMs + outageMs + afterMs) / 1000 + REST_S);
  },
  measure: ({ contenders, settings, say }) =>
    measureRecovery(contenders, chooseSettings(settings), say),
};
