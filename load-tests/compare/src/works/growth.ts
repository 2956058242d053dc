import { sumOf } from '@newswire/load-harness';
import { roundsOf, type Settings } from '../settings.js';
import { measurePoints, type PointsPlan } from './points.js';
import { connectingSeconds, type Work } from './work.js';

const ROUNDS_SHARE = 2 / 3;

/** So many get a message one after another: over that, the time grows, so that it holds several messages. */
const SUBSCRIBERS_A_TIME = 2500;

const secondsFor = ({ seconds }: Settings, subscribers: number) =>
  seconds * Math.max(1, subscribers / SUBSCRIBERS_A_TIME);

function planOf(settings: Settings): PointsPlan {
  const all = settings.growth.map((subscribers) => ({
    at: subscribers,
    args: ['--connections', subscribers, '--window', 1],
    seconds: secondsFor(settings, subscribers),
  }));
  return { rounds: roundsOf(settings, ROUNDS_SHARE), seconds: settings.seconds, all };
}

/** Closed loop with one message in flight, by subscribers: what a delivery costs should not grow. */
export const growth: Work<'growth'> = {
  secondsEach: (settings) => {
    const each = settings.growth.map(
      (subscribers) =>
        connectingSeconds(settings, subscribers) +
        settings.warmSeconds +
        secondsFor(settings, subscribers),
    );
    return planOf(settings).rounds * sumOf(each);
  },
  measure: (stage) => measurePoints(stage, planOf(stage.settings)),
};
