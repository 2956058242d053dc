import { percents, seconds, upFromZero } from './axis.ts';
import { plotted, type Line, type Plot } from './plot.ts';
import type { RunResult } from './result.ts';
import type { Interval, LatencyMs } from './timeline.ts';

const figure = (value: number, digits = 0) =>
  value.toLocaleString('en-GB', { maximumFractionDigits: digits });

/** Over the run's time: one line for each way to read an interval. */
function overTime(
  { intervals, intervalS }: RunResult,
  title: string,
  unit: string,
  readings: Readonly<Record<string, (interval: Interval) => number | null>>,
  isStepped = false,
): string {
  const lines = Object.entries(readings).map(([name, read]): Line => {
    const points = intervals.map((each) => ({ x: each.fromS, y: read(each) }));
    return { name, points, isStepped };
  });
  const most = lines
    .flatMap(({ points }) => points)
    .reduce((highest, { y }) => Math.max(highest, y ?? 0), 0);
  const notes = intervals.map((each) => ({ x: each.fromS, text: noteOf(each, readings) }));
  const end = Math.max(0, intervals.length - 1) * intervalS;
  return plotted({ title, unit, x: seconds(end), y: upFromZero(most), lines, notes });
}

function noteOf(
  interval: Interval,
  readings: Readonly<Record<string, (interval: Interval) => number | null>>,
): string {
  const values = Object.entries(readings).map(([name, read]) => {
    const value = read(interval);
    return `${name}: ${value === null ? 'nothing came' : figure(value, 1)}`;
  });
  return `second ${interval.fromS}: ${values.join(', ')}`;
}

export function latencyOverTime(result: RunResult): string {
  const latency = (key: keyof LatencyMs) => (interval: Interval) =>
    interval.latencyMs?.[key] ?? null;
  return overTime(result, 'Delivery latency over time', 'ms, from publishing to receiving', {
    p50: latency('p50'),
    p95: latency('p95'),
    p99: latency('p99'),
    highest: latency('max'),
  });
}

export function deliveriesOverTime(result: RunResult): string {
  return overTime(result, 'Deliveries over time', 'messages a second, all subscribers', {
    deliveries: (interval) => interval.deliveriesPerS,
  });
}

export function publicationsOverTime(result: RunResult): string {
  return overTime(result, 'Publications over time', 'messages a second, all channels', {
    publications: (interval) => interval.publicationsPerS,
  });
}

export function connectionsOverTime(result: RunResult): string {
  const open = { 'open connections': (interval: Interval) => interval.connections };
  return overTime(result, 'Connections over time', 'open at the end of each second', open, true);
}

/** How many deliveries were how fast: the whole run's latencies as one rising curve. */
export function percentileCurve({ percentiles, deliveries }: RunResult): string {
  const points = percentiles.map(({ percent, ms }) => ({ x: percent, y: ms }));
  const last = percentiles.at(-1)?.ms ?? 0;
  const plot: Plot = {
    title: 'Latency by percentile',
    unit: 'ms; so many percent of all deliveries were not slower',
    x: percents(deliveries),
    y: upFromZero(last),
    lines: [{ name: 'latency', points }],
    notes: points.map(({ x, y }) => ({ x, text: `${figure(x, 4)} % within ${y} ms` })),
  };
  return plotted(plot);
}
