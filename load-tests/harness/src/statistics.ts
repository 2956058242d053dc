import { max, median, min } from 'd3-array';

export { sum as sumOf } from 'd3-array';

/** Middle value, and the lowest and highest beside it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const [middle, low, high] = [median(values), min(values), max(values)];
  return { median: middle ?? Number.NaN, low: low ?? Number.NaN, high: high ?? Number.NaN };
}
