import type { Contender, RecoveryContender } from '../contender.js';
import type { ByContender, Recovery } from '../result.js';
import { onOtherCore } from './on-other-core.js';
import { recoverOnce } from './recovery-round.js';
import type { RecoverySettings } from './recovery-settings.js';

interface Row {
  readonly id: string;
  readonly recovery: RecoveryContender;
  readonly rounds: Recovery[];
  failure: string;
}

/**
 * Recovery after a cut of all connections, of the contenders that claim it and can be measured here, in turns. Proxy,
 * clients and publisher run in this process, on the core that is not the servers'. A contender that fails has
 * no further round; one that does not bring its clients back has its losses counted.
 */
export async function measureRecovery(
  contenders: readonly Contender[],
  settings: RecoverySettings,
): Promise<ByContender<Recovery>> {
  const rows = contenders.flatMap((contender): Row[] => {
    const { id, recovery, leftOut } = contender;
    const takesPart = leftOut?.recovery === undefined && contender.obstacle() === '';
    return recovery && takesPart ? [{ id, recovery, rounds: [], failure: '' }] : [];
  });
  await onOtherCore(async () => {
    for (let round = 0; round < settings.rounds; round += 1) {
      for (const row of round % 2 === 0 ? rows : rows.toReversed()) await turnOf(row, settings);
      process.stderr.write(`  round ${round + 1} of ${settings.rounds}\n`);
    }
  });
  return Object.fromEntries(rows.map(({ id, rounds, failure }) => [id, { rounds, failure }]));
}

async function turnOf(row: Row, settings: RecoverySettings): Promise<void> {
  if (row.failure !== '') return;
  try {
    row.rounds.push(await recoverOnce(row.recovery, settings));
  } catch (error) {
    row.failure = error instanceof Error ? error.message : String(error);
  }
}
