/** From a figure to a place on an axis, which has ticks at round figures. */
export interface Axis {
  readonly ticks: readonly Tick[];
  /** 0 at the axis' beginning, 1 at its end. */
  at(value: number): number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** A round step that gives at most `most` ticks up to `end`; whole when figures are. */
function stepFor(end: number, most: number): number {
  const rough = end / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((factor) => factor * power).find((each) => each >= rough - 1e-9);
  return Math.max(step ?? power, 1);
}

const labelOf = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: 1 });

/** From 0 to a round figure that is not below `end`. */
export function upFromZero(end: number, most = 5): Axis {
  const step = stepFor(Math.max(end, 1), most);
  const steps = Math.max(1, Math.ceil(end / step - 1e-9));
  const last = steps * step;
  const ticks = Array.from({ length: steps + 1 }, (_, n) => n * step);
  return {
    ticks: ticks.map((value) => ({ value, label: labelOf(value) })),
    at: (value) => value / last,
  };
}

/** From 0 to exactly `end`, in seconds. */
export function seconds(end: number): Axis {
  const last = Math.max(end, 1);
  const step = stepFor(last, 8);
  const ticks = Array.from({ length: Math.floor(last / step) + 1 }, (_, n) => n * step);
  return {
    ticks: ticks.map((value) => ({ value, label: `${labelOf(value)} s` })),
    at: (value) => value / last,
  };
}

const nines = (percent: number) => -Math.log10(1 - percent / 100);

/** From 0 percent on, each further nine as wide as the one before, to where one value in `count` is. */
export function percents(count: number): Axis {
  const last = Math.max(1, Math.log10(Math.max(count, 1)));
  const values = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999];
  return {
    ticks: values
      .filter((value) => nines(value) <= last + 1e-9)
      .map((value) => ({ value, label: `${value} %` })),
    at: (value) => Math.min(value >= 100 ? last : nines(value), last) / last,
  };
}
