import { existsSync } from 'node:fs';
import {
  alone,
  centrifuge,
  edgeOverRedis,
  missing,
  nats,
  onOneCore,
  raw,
  standalone,
} from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import type { Point } from '../result.js';
import { measurePoints, type PointsPlan } from '../works/points.js';
import { measureIdle } from './idle.js';
import { standaloneOf, type BenchOptions, type SuiteName } from './options.js';
import { defineContender, type BenchStage, type Suite, type SuiteResult } from './suite.js';
import { latencyTable, listWarnings, speedTable } from './tables.js';

const WINDOWS = [1, 16, 32, 33, 48, 64, 256];
const JOINED_WINDOWS = [1, 16, 64, 256];
const SHORT_WINDOWS = [1, 64];
/** What connecting a thousand clients leaves behind takes its share of a single second. */
const LONG_TIMES = 5;
const OPEN_LOOP_ROUNDS = 3;

/** Measures newswire and its reference, where that is here, by turns. */
async function measurePair(
  stage: BenchStage,
  plan: PointsPlan,
  [ours, reference]: readonly [Contender, Contender],
  printTable: (points: readonly Point[], contenders: readonly Contender[]) => string,
): Promise<SuiteResult> {
  const obstacle = reference.obstacle();
  const contenders = obstacle === '' ? [ours, reference] : [ours];
  const data = await measurePoints({ ...stage, contenders }, plan);
  const sheets = data.flatMap(({ at, by }) =>
    Object.entries(by).map((entry) => [at, entry] as const),
  );
  const failures = sheets.flatMap(([at, [id, { failure }]]) =>
    failure === '' ? [] : [`**FAILED**: ${id} at ${at}: ${failure}`],
  );
  const missingReference = obstacle === '' ? [] : [`No ratio: ${obstacle}.`];
  return {
    table: printTable(data, contenders),
    notes: [...failures, ...missingReference, ...listWarnings(data)],
    hasFailed: failures.length > 0,
    data,
  };
}

/** Closed loops with so many messages in flight to subscribers of one channel. */
function planWindows({ windows, settings }: BenchOptions, own: readonly number[]): PointsPlan {
  const { rounds, seconds, connections, isShort } = settings;
  const all = (windows ?? (isShort ? SHORT_WINDOWS : own)).map((window) => ({
    at: window,
    // No limit of unanswered requests: the window is the limit.
    args: ['--connections', connections, '--size', 64, '--window', window, '--pipeline', 0],
  }));
  return { rounds, seconds, all };
}

function windowSuite(
  title: string,
  own: readonly number[],
  pairOf: (options: BenchOptions) => readonly [Contender, Contender],
): Suite {
  return {
    title,
    measure: (options, stage) =>
      measurePair(stage, planWindows(options, own), pairOf(options), (points, contenders) =>
        speedTable('window', points, contenders),
      ),
  };
}

/** A subscriber each on many channels; each publishing connection waits for its answers, as HTTP clients do. */
function planChannels({ windows, settings }: BenchOptions): PointsPlan {
  const { rounds, connections, isShort } = settings;
  // The last one is as many as all publishers together can have on their way.
  const own = isShort ? [64] : [16, 64, 256, connections];
  const spread = ['--channels', connections, '--pipeline', 1];
  const all = (windows ?? own).map((window) => {
    const publishers = ['--publishers', Math.min(window, connections)];
    const load = ['--connections', connections, '--size', 64, '--window', window];
    return { at: window, args: [...load, ...spread, ...publishers] };
  });
  return { rounds, seconds: settings.seconds * (isShort ? 1 : LONG_TIMES), all };
}

function planOpenLoop({ rate, settings }: BenchOptions): PointsPlan {
  const { rounds, seconds, connections, isShort } = settings;
  const args = ['--connections', connections, '--size', 64, '--rate', rate];
  return {
    rounds: isShort ? 1 : Math.min(rounds, OPEN_LOOP_ROUNDS),
    seconds: seconds * (isShort ? 1 : LONG_TIMES),
    all: [{ at: rate, args }],
  };
}

export const suites: Readonly<Record<SuiteName, Suite>> = {
  'fan-out': windowSuite(
    'One process beside a raw uWebSockets.js server, one core each',
    WINDOWS,
    (options) => [
      defineContender('newswire', standalone(options)),
      defineContender('raw', raw(options.wire)),
    ],
  ),
  'centrifuge-wire': windowSuite(
    'One process on the Centrifuge wire beside a raw server that sends the same joined frames',
    JOINED_WINDOWS,
    (options) => [
      defineContender('newswire', standalone({ ...options, wire: 'centrifuge' })),
      defineContender('raw', raw('centrifuge')),
    ],
  ),
  'redis-edge': {
    ...windowSuite(
      'An edge fed by Redis, alone on its core, beside a raw uWebSockets.js server on it',
      JOINED_WINDOWS,
      (options) => [
        defineContender('newswire', edgeOverRedis(options)),
        defineContender('raw', raw(options.wire)),
      ],
    ),
    obstacle: () => missing({ programs: ['redis-server'] }),
  },
  'open-loop': {
    title: 'At a fixed rate, one process on one core, beside a NATS server over WebSocket',
    measure: (options, stage) => {
      const ours = defineContender('newswire', standalone(options));
      const reference = defineContender('NATS', nats, missing({ peers: ['nats-server'] }));
      return measurePair(stage, planOpenLoop(options), [ours, reference], latencyTable);
    },
  },
  channels: {
    title:
      'A subscriber each on many channels, published to by HTTP: center, Redis and edge on one core, ' +
      'beside a Centrifuge server and Redis on one core',
    obstacle: () => missing({ programs: ['redis-server'] }),
    measure: (options, stage) => {
      const ours = defineContender('newswire', onOneCore(options));
      const lack = missing({ peers: ['centrifuge'] });
      const reference = defineContender('Centrifuge', centrifuge, lack);
      const pair = [ours, reference] as const;
      return measurePair(stage, planChannels(options), pair, (points, contenders) =>
        speedTable('window', points, contenders),
      );
    },
  },
  checkouts: {
    ...windowSuite("One process beside another checkout's", WINDOWS, (options) => {
      const script = standaloneOf(options.beside ?? '');
      return [
        defineContender('newswire', standalone(options)),
        defineContender('the other', alone('the other', script, options.wire)),
      ];
    }),
    obstacle: ({ beside }) => {
      if (beside === undefined) return '--beside DIR is not given';
      return existsSync(standaloneOf(beside)) ? '' : 'nothing is built in the other checkout';
    },
  },
  idle: {
    title: 'What an idle connection costs',
    obstacle: ({ settings }) => (settings.idleConnections === 0 ? '--idle is 0' : ''),
    measure: measureIdle,
  },
};
