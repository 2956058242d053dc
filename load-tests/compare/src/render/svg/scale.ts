/** A value's place, in pixels. */
export type Scale = (value: number) => number;

type Span = readonly [number, number];

/** Both ends above 0. */
export function logScale([low, high]: Span, [from, to]: Span): Scale {
  const span = Math.log(high / low) || 1;
  return (value) => from + (Math.log(value / low) / span) * (to - from);
}

export function linearScale([low, high]: Span, [from, to]: Span): Scale {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

const STEPS = [1, 2, 5, 10] as const;
const WIDE = 30;

/** The 1, 2, 5 × powers of ten around the span; only the powers where it is wide. */
export function logTicks([low, high]: Span): readonly number[] {
  const steps = high / low > WIDE ? [1] : [1, 2, 5];
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    steps.map((step) => Number((step * 10 ** (first + i)).toPrecision(1))),
  ).flat();
  const below = ticks.findLastIndex((tick) => tick <= low);
  const above = ticks.findIndex((tick) => tick >= high);
  return ticks.slice(Math.max(below, 0), above < 0 ? undefined : above + 1);
}

/** From 0 to above the highest, about that many steps of 1, 2 or 5 × a power of ten. */
export function linearTicks(high: number, about: number): readonly number[] {
  const rough = Math.max(high, Number.MIN_VALUE) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((each) => each * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, i) =>
    Number((i * step).toPrecision(10)),
  );
}

/** Moves what stands too close apart, in their order; what is free stays where it is. */
export function spreadApart(
  places: readonly number[],
  gap: number,
  end: number,
): readonly number[] {
  const order = places.map((_, i) => i).toSorted((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const moved = places.slice();
  let lowest = Number.NEGATIVE_INFINITY;
  for (const i of order) {
    moved[i] = Math.max(places[i] ?? 0, lowest + gap);
    lowest = moved[i];
  }
  let highest = end + gap;
  for (const i of order.toReversed()) {
    moved[i] = Math.min(moved[i] ?? 0, highest - gap);
    highest = moved[i];
  }
  return moved;
}
