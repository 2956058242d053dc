import { roundsOf, type Settings } from '../settings.js';
import { measurePoints, pointSeconds, type PointsPlan } from './points.js';
import type { Work } from './work.js';

const WINDOW = 16;
const ROUNDS_SHARE = 2 / 3;

function planOf(settings: Settings): PointsPlan {
  const { connections, payloads: sizes, seconds } = settings;
  const all = sizes.map((bytes) => ({
    at: bytes,
    args: ['--connections', connections, '--window', WINDOW, '--size', bytes],
  }));
  return { rounds: roundsOf(settings, ROUNDS_SHARE), seconds, all };
}

/** Closed loop, by bytes of a message. */
export const payloads: Work<'payloads'> = {
  secondsEach: (settings) => pointSeconds(settings, planOf(settings)),
  measure: (stage) => measurePoints(stage, planOf(stage.settings)),
};
