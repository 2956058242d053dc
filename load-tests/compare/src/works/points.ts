import { sum } from 'd3-array';
import type { Contender } from '../contender.js';
import { describeFault } from '../judge.js';
import type { LoadResult, Point } from '../result.js';
import { countRounds, type Settings } from '../settings.js';
import type { GeneratorArgs } from '../system/system.js';
import {
  createSheets,
  estimateConnecting,
  order,
  publishTo,
  takeTurn,
  type Stage,
  type Work,
} from './work.js';

/** A load, and its number on the axis. */
export interface Setting {
  readonly at: number;
  readonly args: GeneratorArgs;
  /** Measured of it, where that differs from the plan's. */
  readonly seconds?: number;
  /** Subscribers, where their number makes connecting take longer than usual. */
  readonly connections?: number;
}

export interface PointsPlan {
  readonly rounds: number;
  readonly seconds: number;
  readonly all: readonly Setting[];
  /** Further options of the generator for that contender. */
  readonly listArgs?: (contender: Contender) => GeneratorArgs;
}

/** Every contender at every setting in every round, by turns. */
export async function measurePoints(
  { contenders, lineup, settings, say }: Stage,
  { rounds, seconds, all, listArgs = () => [] }: PointsPlan,
): Promise<readonly Point[]> {
  const points = all.map((setting) => ({ ...setting, by: createSheets<LoadResult>(contenders) }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { at, args, by, seconds: time = seconds } of points) {
      for (const contender of order(contenders, round)) {
        const sheet = by[contender.id];
        const wasWell = sheet?.failure === '';
        const act = () =>
          lineup.run(contender, (system) =>
            publishTo(system, settings, time, [...args, ...listArgs(contender)]),
          );
        await takeTurn(sheet, act, describeFault);
        if (wasWell && sheet.failure !== '') say(`${contender.id} at ${at}: ${sheet.failure}`);
      }
    }
    say(`round ${round + 1} of ${rounds}`);
  }
  return points.map(({ at, by }) => ({ at, by }));
}

function estimatePlan(settings: Settings, { rounds, seconds, all }: PointsPlan): number {
  const { warmSeconds, overheadSeconds } = settings;
  const each = all.map(({ seconds: time = seconds, connections }) => {
    const connecting = connections ? estimateConnecting(settings, connections) : overheadSeconds;
    return warmSeconds + time + connecting;
  });
  return rounds * sum(each);
}

function pointWork<Id extends 'windows' | 'channels' | 'payloads' | 'growth'>(
  plan: (settings: Settings) => PointsPlan,
): Work<Id> {
  return {
    estimateSeconds: (settings) => estimatePlan(settings, plan(settings)),
    measure: (stage) => measurePoints(stage, plan(stage.settings)),
  };
}

/** Of the rounds of `windows`. */
const ROUNDS_SHARE = 2 / 3;

/** Closed loop, by messages in flight. */
export const windows = pointWork<'windows'>(({ rounds, seconds, connections, ...settings }) => ({
  rounds,
  seconds,
  all: settings.windows.map((window) => ({
    at: window,
    args: ['--connections', connections, '--window', window],
  })),
}));

/** Publishing connections. Those by HTTP wait for the answer to each request, as HTTP clients do. */
const PUBLISHERS = 64;
/** What connecting a thousand clients leaves behind takes its share of a single second. */
const CHANNELS_TIMES = 1.5;

/** As many channels as subscribers, closed loop, by messages in flight. */
export const channels = pointWork<'channels'>((settings) => {
  const { connections, channelWindows, seconds } = settings;
  const publishers = Math.min(PUBLISHERS, connections);
  const spread = ['--channels', connections, '--publishers', publishers, '--pipeline', 1];
  return {
    rounds: countRounds(settings, ROUNDS_SHARE),
    seconds: seconds * CHANNELS_TIMES,
    all: channelWindows.map((window) => ({
      at: window,
      args: ['--connections', connections, ...spread, '--window', window],
    })),
    listArgs: ({ channelsArgs = [] }) => channelsArgs,
  };
});

const PAYLOADS_WINDOW = 16;

/** Closed loop, by bytes of a message. */
export const payloads = pointWork<'payloads'>((settings) => ({
  rounds: countRounds(settings, ROUNDS_SHARE),
  seconds: settings.seconds,
  all: settings.payloads.map((bytes) => ({
    at: bytes,
    args: ['--connections', settings.connections, '--window', PAYLOADS_WINDOW, '--size', bytes],
  })),
}));

/** For more subscribers than these the time grows, so that it holds several messages. */
const SUBSCRIBERS_A_TIME = 2500;

/** Closed loop with one message in flight, by subscribers: the cost of a delivery should not grow. */
export const growth = pointWork<'growth'>((settings) => ({
  rounds: countRounds(settings, ROUNDS_SHARE),
  seconds: settings.seconds,
  all: settings.growth.map((subscribers) => ({
    at: subscribers,
    args: ['--connections', subscribers, '--window', 1],
    seconds: settings.seconds * Math.max(1, subscribers / SUBSCRIBERS_A_TIME),
    connections: subscribers,
  })),
}));
