import type { Contender } from '../contender.js';
import { roundsOf, type Settings } from '../settings.js';
import { measurePoints, pointSeconds, type PointsPlan } from './points.js';
import type { Work } from './work.js';

/** Publishing connections. Those by HTTP wait for the answer to each request, as HTTP clients do. */
const PUBLISHERS = 64;
const ROUNDS_SHARE = 2 / 3;

/** A second is little: of that, what connecting a thousand clients leaves behind takes its share. */
const TIMES = 1.5;

function planOf(settings: Settings): PointsPlan {
  const { connections, channelWindows } = settings;
  const publishers = Math.min(PUBLISHERS, connections);
  const spread = ['--channels', connections, '--publishers', publishers, '--pipeline', 1];
  const all = channelWindows.map((window) => ({
    at: window,
    args: ['--connections', connections, ...spread, '--window', window],
  }));
  const rounds = roundsOf(settings, ROUNDS_SHARE);
  const argsOf = ({ channelsArgs = [] }: Contender) => channelsArgs;
  return { rounds, seconds: settings.seconds * TIMES, all, argsOf };
}

/** As many channels as subscribers, closed loop, by messages in flight. */
export const channels: Work<'channels'> = {
  secondsEach: (settings) => pointSeconds(settings, planOf(settings)),
  measure: (stage) => measurePoints(stage, planOf(stage.settings)),
};
