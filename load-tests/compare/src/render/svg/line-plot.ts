import type { Spread } from '@newswire/load-harness';
import { formatNumber } from '../numbers.js';
import { drawing, element, line, text } from './elements.js';
import { logScale, logTicks, spreadApart, type Scale } from './scale.js';
import type { Look } from './theme.js';

/** A contender's line. */
export interface Series {
  readonly name: string;
  readonly look: Look;
  /** Both above 0, by rising `x`. */
  readonly points: readonly { readonly x: number; readonly y: Spread }[];
}

export interface LinePlot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly formatX: (x: number) => string;
  readonly series: readonly Series[];
  /** Ticks of the x axis; otherwise 1, 2, 5 × powers of ten. */
  readonly xTicks?: readonly number[];
  /** A line across, with its name. */
  readonly ceiling?: { readonly y: number; readonly name: string };
}

const WIDTH = 880;
const HEIGHT = 440;
const BOX = { left: 76, right: 660, top: 44, bottom: 386 } as const;
const LABEL_GAP = 17;
const LEGEND_GAP = 22;
const LABEL_X = BOX.right + 42;

const spanOf = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;

/** In pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

function grid(plot: LinePlot, { x, y }: Scales, ticks: Record<'x' | 'y', readonly number[]>) {
  const { left, right, top, bottom } = BOX;
  return [
    ...ticks.y.flatMap((tick) => [
      line(left, y(tick), right, y(tick), { class: 'grid' }),
      text(left - 8, y(tick) + 4, formatNumber(tick), { 'text-anchor': 'end' }),
    ]),
    ...ticks.x.flatMap((tick) => [
      line(x(tick), top, x(tick), bottom, { class: 'grid' }),
      text(x(tick), bottom + 20, plot.formatX(tick), { 'text-anchor': 'middle' }),
    ]),
    line(left, bottom, right, bottom, { class: 'axis' }),
    text((left + right) / 2, bottom + 42, `${plot.xTitle} (log)`, { 'text-anchor': 'middle' }),
    text(0, 0, `${plot.yTitle} (log)`, {
      'text-anchor': 'middle',
      transform: `translate(20 ${(top + bottom) / 2}) rotate(-90)`,
    }),
  ];
}

function drawSeries({ look, points }: Series, { x, y }: Scales): string {
  const path = points.map((p, i) => {
    const place = [x(p.x), y(p.y.median)].map((value) => value.toFixed(1));
    return `${i === 0 ? 'M' : 'L'}${place.join(' ')}`;
  });
  const dash = look.dash === '' ? {} : { 'stroke-dasharray': look.dash };
  const marks = points.flatMap((p) => [
    line(x(p.x), y(p.y.low), x(p.x), y(p.y.high), {
      class: 'bar',
      'stroke-width': look.isOurs ? 2.5 : 1.2,
    }),
    element('circle', {
      class: 'solid',
      cx: x(p.x),
      cy: y(p.y.median),
      r: look.isOurs ? 4.5 : 2.8,
    }),
  ]);
  const width = look.isOurs ? 3.5 : 1.6;
  const stroke = { class: 'line', d: path.join(''), 'stroke-width': width, ...dash };
  return element('g', { class: look.tint }, [element('path', stroke), ...marks].join(''));
}

const label = ({ name, look }: Series, y: number, mark: string): string => {
  const weight = look.isOurs ? 'solid strong' : 'solid';
  return element('g', { class: look.tint }, mark + text(LABEL_X, y + 4, name, { class: weight }));
};

/** Names stand at the ends of the lines, moved apart where lines end close together. */
function endLabels(series: readonly Series[], ends: readonly Place[]): readonly string[] {
  const wanted = ends.map(({ y }) => y);
  const places = spreadApart(wanted, LABEL_GAP, BOX.bottom);
  return series.map((each, i) => {
    const [from, place] = [wanted[i] ?? 0, places[i] ?? 0];
    const leader = { class: 'bar', 'stroke-width': 0.6 };
    return label(each, place, line(BOX.right + 7, from, LABEL_X - 4, place, leader));
  });
}

/** Where lines end all over the box: who came farthest is named first. */
function legend(series: readonly Series[], ends: readonly Place[]): readonly string[] {
  const order = series.map((_, i) => i).toSorted((a, b) => (ends[b]?.x ?? 0) - (ends[a]?.x ?? 0));
  return order.flatMap((index, row) => {
    const each = series[index];
    if (each === undefined) return [];
    const y = BOX.top + 10 + row * LEGEND_GAP;
    const { dash, isOurs } = each.look;
    const stroke = { class: 'line', 'stroke-width': isOurs ? 3.5 : 1.6, 'stroke-dasharray': dash };
    return [label(each, y, line(LABEL_X - 30, y, LABEL_X - 6, y, stroke))];
  });
}

function labels(series: readonly Series[], { x, y }: Scales): readonly string[] {
  const ends = series
    .flatMap(({ points }) => points.at(-1) ?? [])
    .map((end) => ({ x: x(end.x), y: y(end.y.median) }));
  const areAtTheEdge = ends.every((end) => Math.abs(end.x - BOX.right) < 1);
  return areAtTheEdge ? endLabels(series, ends) : legend(series, ends);
}

function describe({ yTitle, xTitle, formatX, series }: LinePlot): string {
  const said = series.map(({ name, points }) => {
    const figures = points.map((p) => `${formatX(p.x)}: ${formatNumber(p.y.median)}`);
    return `${name}: ${figures.join(', ')}.`;
  });
  return `${yTitle}, by ${xTitle}, medians. ${said.join(' ')}`;
}

/** Lines over logarithmic axes, with the lowest and highest round at each point; newswire's on top. */
export function linePlot(plot: LinePlot): string {
  const drawn = plot.series.filter(({ points }) => points.length > 0);
  const order = drawn.toSorted((a, b) => Number(a.look.isOurs) - Number(b.look.isOurs));
  const all = order.flatMap(({ points }) => points);
  const xs = spanOf(all.map((p) => p.x));
  const ceiling = plot.ceiling ? [plot.ceiling.y] : [];
  const yTicks = logTicks(spanOf([...all.flatMap(({ y }) => [y.low, y.high]), ...ceiling]));
  const xTicks = plot.xTicks ?? logTicks(xs);
  const scales = {
    x: logScale(spanOf([...xs, ...xTicks]), [BOX.left, BOX.right]),
    y: logScale(spanOf(yTicks), [BOX.bottom, BOX.top]),
  };
  const limit = plot.ceiling
    ? [
        line(BOX.left, scales.y(plot.ceiling.y), BOX.right, scales.y(plot.ceiling.y), {
          class: 'axis',
          'stroke-dasharray': '6 4',
        }),
        text(BOX.left + 6, scales.y(plot.ceiling.y) - 5, plot.ceiling.name, {
          class: 'text halo',
        }),
      ]
    : [];
  return drawing({
    title: plot.title,
    description: describe({ ...plot, series: drawn }),
    width: WIDTH,
    height: HEIGHT,
    parts: [
      ...grid(plot, scales, { x: xTicks, y: yTicks }),
      ...order.map((series) => drawSeries(series, scales)),
      ...limit,
      ...labels(order, scales),
    ],
  });
}
