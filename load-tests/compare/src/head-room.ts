import { spreadOf, type LoadResult } from '@newswire/load-harness';
import type { HeadRoom, Point, Works } from './result.js';

const medianOf = (results: readonly LoadResult[], pick: (result: LoadResult) => number) =>
  spreadOf(results.map(pick)).median;

/** The fastest contender of a point, and how much more the generator could have taken in. */
function headRoomAt(work: HeadRoom['work'], { at, by }: Point): HeadRoom[] {
  const all = Object.entries(by)
    .filter(([, { rounds }]) => rounds.length > 0)
    .map(([contender, { rounds }]) => ({
      work,
      at,
      contender,
      deliveriesPerS: medianOf(rounds, (r) => r.deliveries_per_s),
      times: 1 / medianOf(rounds, (r) => r.generator_cpu_share),
    }));
  return all.toSorted((a, b) => b.deliveriesPerS - a.deliveriesPerS).slice(0, 1);
}

/**
 * How many times what the best server sent the generator takes in with the whole of its core: where it is the
 * least, of all loads in a closed loop. Undefined when none was measured.
 */
export function headRoomOf({ windows = [], channels = [], payloads = [], growth = [] }: Works) {
  const rooms = [
    ...windows.flatMap((point) => headRoomAt('windows', point)),
    ...channels.flatMap((point) => headRoomAt('channels', point)),
    ...payloads.flatMap((point) => headRoomAt('payloads', point)),
    ...growth.flatMap((point) => headRoomAt('growth', point)),
  ];
  return rooms.toSorted((a, b) => a.times - b.times)[0];
}
