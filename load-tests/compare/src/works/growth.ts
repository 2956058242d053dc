import { sumOf } from '@newswire/load-harness';
import { roundsOf, type Settings } from '../settings.js';
import { measurePoints, type PointsPlan } from './points.js';
import { connectingSeconds, type Work } from './work.js';

const ROUNDS_SHARE = 1 / 3;

function planOf(settings: Settings): PointsPlan {
  const all = settings.growth.map((subscribers) => ({
    at: subscribers,
    args: ['--connections', subscribers, '--window', 1],
  }));
  return { rounds: roundsOf(settings, ROUNDS_SHARE), seconds: settings.seconds, all };
}

/** Closed loop with one message in flight, by subscribers: what a delivery costs should not grow. */
export const growth: Work<'growth'> = {
  secondsEach: (settings) => {
    const { rounds, seconds } = planOf(settings);
    const each = settings.growth.map(
      (subscribers) => connectingSeconds(settings, subscribers) + settings.warmSeconds + seconds,
    );
    return rounds * sumOf(each);
  },
  measure: (stage) => measurePoints(stage, planOf(stage.settings)),
};
