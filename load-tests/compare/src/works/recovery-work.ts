import { roundsOf, type Settings } from '../settings.js';
import { RECOVERY_SETTINGS, type RecoverySettings } from './recovery-settings.js';
import { measureRecovery } from './recovery.js';
import type { Work } from './work.js';

const ROUNDS_SHARE = 1 / 3;
const SHORT = { clients: 20, beforeMs: 200, outageMs: 300, afterMs: 500, limitMs: 10_000 };

/** Starting, connecting and catching up, beside the time in which is published. */
const REST_S = 4;

function settingsOf(settings: Settings): RecoverySettings {
  const own = settings.isShort ? { ...RECOVERY_SETTINGS, ...SHORT } : RECOVERY_SETTINGS;
  return { ...own, rounds: roundsOf(settings, ROUNDS_SHARE) };
}

/** All connections are cut while publications go on; the systems that claim recovery, with servers of their own. */
export const recovery: Work<'recovery'> = {
  secondsEach: (settings) => {
    const { rounds, beforeMs, outageMs, afterMs } = settingsOf(settings);
    return rounds * ((beforeMs + outageMs + afterMs) / 1000 + REST_S);
  },
  measure: ({ contenders, settings }) => measureRecovery(contenders, settingsOf(settings)),
};
