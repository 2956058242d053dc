// Plots as SVG files: Observable Plot draws them, linkedom is the document it draws into.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Spread } from '@newswire/load-harness';
import { formatNumber } from './numbers.js';
import { STYLE, type Look } from './theme.js';

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
  /** Ticks of the x axis; otherwise Plot chooses them. */
  readonly xTicks?: readonly number[];
  /** A line across, with its name. */
  readonly ceiling?: { readonly y: number; readonly name: string };
}

export interface Bar {
  readonly name: string;
  readonly look: Look;
  readonly value: Spread;
}

export interface BarPlot {
  readonly title: string;
  readonly xTitle: string;
  readonly groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
}

const WIDTH = 880;
const HEIGHT = 440;
const MARGIN_TOP = 50;
const MARGIN_LEFT = { lines: 76, bars: 260 };
const MARGIN_RIGHT = { lines: 220, bars: 90 };
const LEGEND_GAP = 20;
const ROW_HEIGHT = 24;

const colorOf = ({ tint }: Look) => `var(--${tint})`;
const weightOf = ({ isOurs }: Look) => (isOurs ? 700 : 400);

const escapeXml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '');

/** One decimal for coordinates, so that a file changes only where the picture does. */
const roundCoordinates = (svg: string) =>
  svg.replaceAll(/ (?:d|transform|[xy][12]?|c[xy]|r|width|height)="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/\d+\.\d+/g, (number) => String(Math.round(Number(number) * 10) / 10)),
  );

/** An SVG file with a title, a description for readers who cannot see it, and both colour schemes. */
function draw(title: string, description: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html></html>');
  const width = WIDTH;
  const plot = Plot.plot({ ...options, document, width, className: 'plot', marginTop: MARGIN_TOP });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-labelledby', 'title description');
  const body = String(plot.outerHTML)
    .replaceAll(/<style>[^]*?<\/style>/g, '')
    .replaceAll(' />', '/>')
    .replaceAll(/<text[^>]*\/>/g, ''); // labels that a logarithmic axis leaves out
  const head = [
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(description)}</desc>`,
    `<style>\n${STYLE}\n</style>`,
    `<rect class="paper" width="${width}" height="${options.height}"/>`,
    `<text class="title" text-anchor="start" x="16" y="26">${escapeXml(title)}</text>`,
  ];
  const end = body.indexOf('>') + 1;
  return `${roundCoordinates(`${body.slice(0, end)}\n${head.join('\n')}\n${body.slice(end)}`)}\n`;
}

function drawSeries({ look, points }: Series): Plot.Markish[] {
  const stroke = colorOf(look);
  const { isOurs, dash } = look;
  const places = points.map(({ x, y }) => ({ x, ...y }));
  return [
    Plot.line(places, {
      x: 'x',
      y: 'median',
      stroke,
      strokeWidth: isOurs ? 3.5 : 1.6,
      ...(dash === '' ? {} : { strokeDasharray: dash }),
    }),
    Plot.ruleX(places, { x: 'x', y1: 'low', y2: 'high', stroke, strokeWidth: isOurs ? 2.5 : 1.2 }),
    Plot.dot(places, { x: 'x', y: 'median', fill: stroke, r: isOurs ? 4.5 : 2.8 }),
  ];
}

/** Names beside the box, in the order in which the lines end. */
function drawLegend(series: readonly Series[]): Plot.Markish[] {
  const end = ({ points }: Series) => points.at(-1) ?? { x: 0, y: { median: 0 } };
  const sorted = series.toSorted(
    (a, b) => end(b).x - end(a).x || end(b).y.median - end(a).y.median,
  );
  return sorted.map(({ name, look }, row) =>
    Plot.text([`${look.dash === '' ? '━' : '┅'} ${name}`], {
      frameAnchor: 'top-right',
      textAnchor: 'start',
      dx: 14,
      dy: row * LEGEND_GAP,
      fill: colorOf(look),
      fontWeight: weightOf(look),
    }),
  );
}

function describeLines({ yTitle, xTitle, formatX, series }: LinePlot): string {
  const parts = series.map(({ name, points }) => {
    const figures = points.map(({ x, y }) => `${formatX(x)}: ${formatNumber(y.median)}`);
    return `${name}: ${figures.join(', ')}.`;
  });
  return `${yTitle}, by ${xTitle}, medians. ${parts.join(' ')}`;
}

/** Lines over logarithmic axes, with the lowest and highest round at each point; newswire's on top. */
export function linePlot(plot: LinePlot): string {
  const { ceiling, xTicks, formatX } = plot;
  const order = plot.series.toSorted((a, b) => Number(a.look.isOurs) - Number(b.look.isOurs));
  const limit = ceiling && [
    Plot.ruleY([ceiling.y], { strokeDasharray: '6 4' }),
    Plot.text([ceiling], {
      y: 'y',
      text: 'name',
      frameAnchor: 'left',
      textAnchor: 'start',
      dy: -9,
      stroke: 'var(--plot-background)',
      strokeWidth: 4,
      fill: 'currentColor',
      dx: 6,
    }),
  ];
  // Given as marks, since a logarithmic scale leaves out the labels of ticks such as 64.
  const label = {
    label: `${plot.xTitle} (log)`,
    labelAnchor: 'center',
    labelArrow: 'none',
    labelOffset: 40,
  } as const;
  const axis = xTicks ? [Plot.gridX(xTicks), Plot.axisX(xTicks, { ...label, text: formatX })] : [];
  return draw(plot.title, describeLines(plot), {
    height: HEIGHT,
    marginLeft: MARGIN_LEFT.lines,
    marginRight: MARGIN_RIGHT.lines,
    marginBottom: 56,
    x: {
      type: 'log',
      grid: xTicks === undefined,
      ...label,
      ticks: 6,
      tickFormat: formatX,
    },
    y: {
      type: 'log',
      grid: true,
      nice: true,
      ticks: 6,
      label: `${plot.yTitle} (log)`,
      labelAnchor: 'center',
      labelArrow: 'none',
      tickFormat: formatNumber,
    },
    marks: [...axis, ...order.flatMap(drawSeries), ...(limit ?? []), ...drawLegend(order)],
  });
}

function describeBars({ xTitle, groups }: BarPlot): string {
  const parts = groups.map(({ title, bars }) => {
    const figures = bars.map(({ name, value }) => `${name} ${formatNumber(value.median)}`);
    return `${title}: ${figures.join(', ')}.`;
  });
  return `${xTitle}, medians. ${parts.join(' ')}`;
}

/** Rows of a bar plot by their position: a group's heading, then its bars. */
function listRows({ groups }: BarPlot) {
  return groups
    .filter(({ bars }) => bars.length > 0)
    .flatMap(({ title, bars }) => [{ title }, ...bars.map((bar) => ({ title: '', bar }))])
    .map((row, at) => ({ at, bar: undefined, ...row }));
}

/** Bars from 0, by class, with a line from the lowest to the highest round. */
export function barPlot(plot: BarPlot): string {
  const rows = listRows(plot);
  const bars = rows.flatMap(({ at, bar }) => (bar ? [{ at, ...bar, ...bar.value }] : []));
  const headings = rows.filter(({ bar }) => bar === undefined);
  const left = { y: 'at', frameAnchor: 'left', dx: -8, textAnchor: 'end' } as const;
  const text = ({ look }: Bar) => ({ fill: colorOf(look), fontWeight: weightOf(look) });
  return draw(plot.title, describeBars(plot), {
    height: MARGIN_TOP + rows.length * ROW_HEIGHT + 56,
    marginLeft: MARGIN_LEFT.bars,
    marginRight: MARGIN_RIGHT.bars,
    marginBottom: 56,
    x: {
      grid: true,
      nice: true,
      zero: true,
      ticks: 6,
      label: plot.xTitle,
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 40,
      tickFormat: formatNumber,
    },
    y: { type: 'band', domain: rows.map(({ at }) => at), axis: null, padding: 0.35 },
    color: { type: 'identity' },
    marks: [
      Plot.text(headings, {
        ...left,
        dx: 16 - MARGIN_LEFT.bars,
        textAnchor: 'start',
        text: 'title',
        fontWeight: 700,
      }),
      Plot.barX(bars, {
        y: 'at',
        x: 'median',
        fill: (bar: Bar) => colorOf(bar.look),
        fillOpacity: (bar: Bar) => (bar.look.isOurs ? 1 : 0.75),
      }),
      Plot.ruleY(bars, { y: 'at', x1: 'low', x2: 'high' }),
      ...bars.flatMap((bar) => [
        Plot.text([bar], { ...left, text: 'name', ...text(bar) }),
        Plot.text([bar], {
          y: 'at',
          x: 'high',
          dx: 8,
          textAnchor: 'start',
          text: () => formatNumber(bar.median),
          ...text(bar),
        }),
      ]),
    ],
  });
}
