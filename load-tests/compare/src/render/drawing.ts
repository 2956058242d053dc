// Plots as SVG files: Observable Plot draws them, linkedom is the document it draws into.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Spread } from './figures.js';
import { formatNumber } from './format.js';
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

interface Bar {
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
const LINES_HEIGHT = 440;
const MARGIN_TOP = 50;
const MARGIN_BOTTOM = 56;
const BARS_MARGIN_LEFT = 260;
const LEGEND_GAP = 20;
const ROW_HEIGHT = 24;
const CENTERED_LABEL = { labelAnchor: 'center', labelArrow: 'none' } as const;
const X_LABEL = { ...CENTERED_LABEL, labelOffset: 40 } as const;

const toColor = ({ tint }: Look) => `var(--${tint})`;
const styleText = (look: Look) => ({ fill: toColor(look), fontWeight: look.isOurs ? 700 : 400 });

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
  const margins = { marginTop: MARGIN_TOP, marginBottom: MARGIN_BOTTOM };
  const plot = Plot.plot({ ...options, ...margins, document, width: WIDTH, className: 'plot' });
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
    `<rect class="paper" width="${WIDTH}" height="${options.height}"/>`,
    `<text class="title" text-anchor="start" x="16" y="26">${escapeXml(title)}</text>`,
  ];
  const end = body.indexOf('>') + 1;
  return `${roundCoordinates(`${body.slice(0, end)}\n${head.join('\n')}\n${body.slice(end)}`)}\n`;
}

function drawSeries({ look, points }: Series): Plot.Markish[] {
  const { isOurs, dash } = look;
  const stroke = toColor(look);
  const places = points.map(({ x, y }) => ({ x, ...y }));
  const line = { x: 'x', y: 'median', stroke, strokeWidth: isOurs ? 3.5 : 1.6 };
  return [
    Plot.line(places, dash === '' ? line : { ...line, strokeDasharray: dash }),
    Plot.ruleX(places, { x: 'x', y1: 'low', y2: 'high', stroke, strokeWidth: isOurs ? 2.5 : 1.2 }),
    Plot.dot(places, { x: 'x', y: 'median', fill: stroke, r: isOurs ? 4.5 : 2.8 }),
  ];
}

/** Names beside the box, in the order in which the lines end. */
function drawLegend(series: readonly Series[]): Plot.Markish[] {
  const findEnd = ({ points }: Series) => points.at(-1) ?? { x: 0, y: { median: 0 } };
  const sorted = series.toSorted((a, b) => {
    return findEnd(b).x - findEnd(a).x || findEnd(b).y.median - findEnd(a).y.median;
  });
  return sorted.map(({ name, look }, row) =>
    Plot.text([`${look.dash === '' ? '━' : '┅'} ${name}`], {
      frameAnchor: 'top-right',
      textAnchor: 'start',
      dx: 14,
      dy: row * LEGEND_GAP,
      ...styleText(look),
    }),
  );
}

function drawCeiling(ceiling: NonNullable<LinePlot['ceiling']>): Plot.Markish[] {
  const halo = { stroke: 'var(--plot-background)', strokeWidth: 4, fill: 'currentColor' };
  const place = { frameAnchor: 'left', textAnchor: 'start', dy: -9, dx: 6 } as const;
  return [
    Plot.ruleY([ceiling.y], { strokeDasharray: '6 4' }),
    Plot.text([ceiling], { y: 'y', text: 'name', ...place, ...halo }),
  ];
}

/** Lines over logarithmic axes, with the lowest and highest round at each point; newswire's on top. */
export function drawLinePlot(plot: LinePlot): string {
  const { title, xTitle, yTitle, formatX, series, xTicks, ceiling } = plot;
  const order = series.toSorted((a, b) => Number(a.look.isOurs) - Number(b.look.isOurs));
  const label = { label: `${xTitle} (log)`, ...X_LABEL };
  // Given as marks, since a logarithmic scale leaves out the labels of ticks such as 64.
  const axis = xTicks ? [Plot.gridX(xTicks), Plot.axisX(xTicks, { ...label, text: formatX })] : [];
  const lines = series.map(({ name, points }) => {
    const figures = points.map(({ x, y }) => `${formatX(x)}: ${formatNumber(y.median)}`);
    return `${name}: ${figures.join(', ')}.`;
  });
  return draw(title, `${yTitle}, by ${xTitle}, medians. ${lines.join(' ')}`, {
    height: LINES_HEIGHT,
    marginLeft: 76,
    marginRight: 220,
    x: { type: 'log', grid: xTicks === undefined, ...label, ticks: 6, tickFormat: formatX },
    y: {
      type: 'log',
      grid: true,
      nice: true,
      ticks: 6,
      label: `${yTitle} (log)`,
      ...CENTERED_LABEL,
      tickFormat: formatNumber,
    },
    marks: [
      ...axis,
      ...order.flatMap(drawSeries),
      ...(ceiling ? drawCeiling(ceiling) : []),
      ...drawLegend(order),
    ],
  });
}

function drawBar(bar: Bar & { readonly at: number } & Spread): Plot.Markish[] {
  const style = styleText(bar.look);
  const label = { y: 'at', frameAnchor: 'left', dx: -8, textAnchor: 'end', text: 'name' } as const;
  const text = () => formatNumber(bar.median);
  return [
    Plot.text([bar], { ...label, ...style }),
    Plot.text([bar], { y: 'at', x: 'high', dx: 8, textAnchor: 'start', text, ...style }),
  ];
}

/** Bars from 0, by class, with a line from the lowest to the highest round. */
export function drawBarPlot({ title, xTitle, groups }: BarPlot): string {
  const filled = groups.filter(({ bars }) => bars.length > 0);
  // A group's heading, then its bars: each has a row.
  const rows = filled
    .flatMap((group) => [{ title: group.title }, ...group.bars.map((bar) => ({ title: '', bar }))])
    .map((row, at) => ({ at, bar: undefined, ...row }));
  const bars = rows.flatMap(({ at, bar }) => (bar ? [{ at, ...bar, ...bar.value }] : []));
  const headings = rows.filter(({ bar }) => bar === undefined);
  const texts = filled.map((group) => {
    const figures = group.bars.map(({ name, value }) => `${name} ${formatNumber(value.median)}`);
    return `${group.title}: ${figures.join(', ')}.`;
  });
  const heading = { y: 'at', frameAnchor: 'left', textAnchor: 'start', fontWeight: 700 } as const;
  return draw(title, `${xTitle}, medians. ${texts.join(' ')}`, {
    height: MARGIN_TOP + rows.length * ROW_HEIGHT + MARGIN_BOTTOM,
    marginLeft: BARS_MARGIN_LEFT,
    marginRight: 90,
    x: {
      grid: true,
      nice: true,
      zero: true,
      ticks: 6,
      label: xTitle,
      ...X_LABEL,
      tickFormat: formatNumber,
    },
    y: { type: 'band', domain: rows.map(({ at }) => at), axis: null, padding: 0.35 },
    color: { type: 'identity' },
    marks: [
      Plot.text(headings, { ...heading, dx: 16 - BARS_MARGIN_LEFT, text: 'title' }),
      Plot.barX(bars, {
        y: 'at',
        x: 'median',
        fill: (bar: Bar) => toColor(bar.look),
        fillOpacity: (bar: Bar) => (bar.look.isOurs ? 1 : 0.75),
      }),
      Plot.ruleY(bars, { y: 'at', x1: 'low', x2: 'high' }),
      ...bars.flatMap(drawBar),
    ],
  });
}
