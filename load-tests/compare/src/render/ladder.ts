import type { Sustained } from '../result.js';
import { ON_SCHEDULE, P99_LIMIT_MS } from '../ladder.js';
import { formatCount } from './numbers.js';

type Step = Sustained['steps'][number];

/** What did not hold at a step; empty when all did. */
function faultOf({ ratePerS, result }: Step): string {
  const { lost, latency_ms: latency, publishes_per_s: published } = result;
  if (lost > 0) return `${formatCount(lost)} lost`;
  if (!Number.isFinite(latency.p99)) return 'nothing came';
  if (latency.p99 > P99_LIMIT_MS) return `p99 ${formatCount(Math.round(latency.p99))} ms`;
  if (published < ratePerS * ON_SCHEDULE)
    return `publishers reached ${formatCount(Math.round(published))}/s`;
  return '';
}

/** The steps that held, the highest rate last, in whatever order they were taken. */
export function heldSteps({ steps }: Sustained): readonly Step[] {
  const held = steps.filter((step) => faultOf(step) === '');
  return held.toSorted((a, b) => a.ratePerS - b.ratePerS);
}

/** Why it went no higher, of the lowest rate above that did not hold: `3,000/s: p99 240 ms`. */
export function endOf(ladder: Sustained): string {
  const highest = heldSteps(ladder).at(-1);
  const [end] = ladder.steps
    .filter(({ ratePerS }) => ratePerS > (highest?.ratePerS ?? 0))
    .toSorted((a, b) => a.ratePerS - b.ratePerS);
  const said = end ?? highest;
  if (said === undefined) return 'no step was taken';
  return `${formatCount(said.ratePerS)}/s: ${faultOf(said) || 'held, the ladder ended there'}`;
}
