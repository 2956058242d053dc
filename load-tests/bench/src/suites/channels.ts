import { centrifuge, measureByTurns, missing, onOneCore } from '@newswire/load-harness';
import { windowsFor } from '../options.js';
import type { BenchOptions } from '../options.js';
import { loneTable, speedTable, warningsOf } from '../report.js';
import { windowCases } from './suite.js';
import type { Suite } from './suite.js';

/** A second is little: of that, what connecting a thousand clients leaves behind takes its share. */
const TIMES = 5;

/**
 * Each publishing connection waits for the answer to its request, as HTTP clients do: it takes as many
 * of them as messages shall be in flight.
 */
function casesOf(options: BenchOptions) {
  const { connections } = options;
  const spread = ['--channels', connections, '--pipeline', 1];
  // The last is as much as all publishers together can have on their way.
  const windows = windowsFor(options, [16, 64, 256, connections], [64]);
  const longer = options.isShort ? options : { ...options, seconds: options.seconds * TIMES };
  return windowCases(longer, windows).map((each) => ({
    ...each,
    args: [...each.args, ...spread, '--publishers', Math.min(Number(each.label), connections)],
  }));
}

export const channels: Suite = {
  name: 'channels',
  title:
    'A subscriber each on many channels, published to by HTTP: center, Redis and edge on one core, ' +
    'beside a Centrifuge server and Redis on one core',
  obstacle: () => missing({ programs: ['redis-server'] }),
  measure: async (options) => {
    const lack = missing({ peers: ['centrifuge'] });
    const starts = [...(lack === '' ? [centrifuge] : []), onOneCore(options)];
    const results = await measureByTurns(starts, casesOf(options), options);
    const names = { ours: 'newswire', reference: 'Centrifuge' };
    const table =
      lack === '' ? speedTable(results, 'window', names) : loneTable(results, 'window', names.ours);
    const notes = lack === '' ? [] : [`No ratio: ${lack}.`];
    return { table, notes: [...notes, ...warningsOf(results)], data: results };
  },
};
