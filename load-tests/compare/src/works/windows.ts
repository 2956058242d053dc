import { measurePoints, pointSeconds, type PointsPlan } from './points.js';
import type { Work } from './work.js';
import type { Settings } from '../settings.js';

function planOf({ rounds, seconds, connections, windows }: Settings): PointsPlan {
  const all = windows.map((window) => ({
    at: window,
    args: ['--connections', connections, '--window', window],
  }));
  return { rounds, seconds, all };
}

/** Closed loop, by messages in flight. */
export const windows: Work<'windows'> = {
  secondsEach: (settings) => pointSeconds(settings, planOf(settings)),
  measure: (stage) => measurePoints(stage, planOf(stage.settings)),
};
