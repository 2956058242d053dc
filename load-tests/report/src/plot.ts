import type { Axis } from './axis.ts';
import { escaped } from './escaped.ts';

/** A line of a plot. Where `y` is null there is a gap. */
export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Keeps each value until the next point. */
  readonly isStepped?: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number | null;
}

export interface Plot {
  readonly title: string;
  /** What the y axis counts. */
  readonly unit: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** Shown under the pointer: what there is at each x. */
  readonly notes: readonly { readonly x: number; readonly text: string }[];
}

const WIDTH = 720;
const HEIGHT = 260;
const INNER = { left: 64, right: 704, top: 12, bottom: 226 };

const round = (figure: number) => Math.round(figure * 10) / 10;

/** A plot as inline SVG, with its legend; colours are the page's. */
export function plotted(plot: Plot): string {
  const { title, unit, x, y, lines, notes } = plot;
  const xAt = (value: number) => round(INNER.left + x.at(value) * (INNER.right - INNER.left));
  const yAt = (value: number) => round(INNER.bottom - y.at(value) * (INNER.bottom - INNER.top));
  const marks = [
    ...y.ticks.map(({ value, label }) => horizontal(yAt(value), label)),
    ...x.ticks.map(({ value, label }) => vertical(xAt(value), label)),
    ...lines.map((line, n) => path(line, n, xAt, yAt)),
    ...bands(notes, xAt),
  ];
  const keys = lines.map(({ name }, n) => `<li class="key${n + 1}">${escaped(name)}</li>`);
  return `<figure>
<figcaption>${escaped(title)} <small>${escaped(unit)}</small></figcaption>
<ul class="legend">${keys.join('')}</ul>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
${marks.join('\n')}
</svg>
</figure>`;
}

function horizontal(at: number, label: string): string {
  const line = `<line class="grid" x1="${INNER.left}" x2="${INNER.right}" y1="${at}" y2="${at}"/>`;
  return `${line}<text class="y" x="${INNER.left - 8}" y="${at}" dy="0.32em">${escaped(label)}</text>`;
}

function vertical(at: number, label: string): string {
  const line = `<line class="tick" x1="${at}" x2="${at}" y1="${INNER.bottom}" y2="${INNER.bottom + 5}"/>`;
  return `${line}<text class="x" x="${at}" y="${INNER.bottom + 20}">${escaped(label)}</text>`;
}

type Place = (value: number) => number;

function path({ name, points, isStepped }: Line, n: number, xAt: Place, yAt: Place): string {
  let isDrawing = false;
  const commands = points.map(({ x, y }) => {
    const draws = isDrawing;
    isDrawing = y !== null;
    if (y === null) return '';
    // A stroke of no length has round ends: a value between two gaps is a dot.
    if (!draws) return `M${xAt(x)} ${yAt(y)}h0`;
    return isStepped ? `H${xAt(x)}V${yAt(y)}` : `L${xAt(x)} ${yAt(y)}`;
  });
  return `<path class="line line${n + 1}" data-line="${escaped(name)}" d="${commands.join('')}"/>`;
}

function bands(notes: Plot['notes'], xAt: Place): string[] {
  return notes.map(({ x, text }, n) => {
    const before = notes[n - 1];
    const after = notes[n + 1];
    const from = before ? (xAt(before.x) + xAt(x)) / 2 : xAt(x);
    const to = after ? (xAt(x) + xAt(after.x)) / 2 : xAt(x);
    const size = `x="${round(from)}" y="${INNER.top}" width="${round(Math.max(to - from, 1))}" height="${INNER.bottom - INNER.top}"`;
    return `<rect class="band" ${size}><title>${escaped(text)}</title></rect>`;
  });
}
