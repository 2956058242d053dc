import {
  alone,
  edgeOverRedis,
  measureByTurns,
  missing,
  raw,
  standalone,
  type StartSystem,
} from '@newswire/load-harness';
import { existsSync } from 'node:fs';
import { standaloneOf, windowsFor } from '../options.js';
import type { BenchOptions } from '../options.js';
import { speedTable, warningsOf } from '../report.js';
import { windowCases } from './suite.js';
import type { Suite } from './suite.js';

/** newswire beside another server, at each window. */
async function measureWindows(
  options: BenchOptions,
  windows: readonly number[],
  { ours, other, reference }: { ours: StartSystem; other: StartSystem; reference: string },
) {
  const cases = windowCases(options, windows);
  const results = await measureByTurns([other, ours], cases, options);
  const table = speedTable(results, 'window', { ours: 'newswire', reference });
  return { table, notes: warningsOf(results), data: results };
}

export const fanOut: Suite = {
  name: 'fan-out',
  title: 'One process beside a raw uWebSockets.js server, one core each',
  obstacle: () => '',
  measure: (options) =>
    measureWindows(options, windowsFor(options), {
      ours: standalone(options),
      other: raw(options.wire),
      reference: 'raw',
    }),
};

export const centrifugeWire: Suite = {
  name: 'centrifuge-wire',
  title: 'One process on the Centrifuge wire beside a raw server that sends the same joined frames',
  obstacle: () => '',
  measure: (options) =>
    measureWindows(options, windowsFor(options, [1, 16, 64, 256]), {
      ours: standalone({ ...options, wire: 'centrifuge' }),
      other: raw('centrifuge'),
      reference: 'raw',
    }),
};

export const redisEdge: Suite = {
  name: 'redis-edge',
  title: 'An edge fed by Redis, alone on its core, beside a raw uWebSockets.js server on it',
  obstacle: () => missing({ programs: ['redis-server'] }),
  measure: (options) =>
    measureWindows(options, windowsFor(options, [1, 16, 64, 256]), {
      ours: edgeOverRedis(options),
      other: raw(options.wire),
      reference: 'raw',
    }),
};

export const checkouts: Suite = {
  name: 'checkouts',
  title: "One process beside another checkout's",
  obstacle: ({ beside: directory }) => {
    if (directory === undefined) return '--beside DIR is not given';
    return existsSync(standaloneOf(directory)) ? '' : 'nothing is built in the other checkout';
  },
  measure: (options) => {
    const script = standaloneOf(options.beside ?? '');
    return measureWindows(options, windowsFor(options), {
      ours: standalone(options),
      other: alone('the other', script, options.wire),
      reference: 'the other',
    });
  },
};
