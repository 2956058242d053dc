import type { Spread } from '@newswire/load-harness';
import { formatNumber } from '../numbers.js';
import { drawing, element, line, text } from './elements.js';
import { linearScale, linearTicks, type Scale } from './scale.js';
import type { Look } from './theme.js';

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
const TOP = 50;
const LEFT = 260;
const RIGHT = 780;
const ROW = 24;
const BAR = 15;
const ABOUT_TICKS = 6;
const FOOT = 54;

function drawBar({ name, look, value }: Bar, top: number, x: Scale): string {
  const middle = top + ROW / 2;
  const weight = look.isOurs ? ' strong' : '';
  const width = Math.max(x(value.median) - LEFT, 1);
  const isRange = value.low !== value.high;
  const range = line(x(value.low), middle, x(value.high), middle, { class: 'axis' });
  return element(
    'g',
    { class: look.tint },
    [
      text(LEFT - 8, middle + 4, name, { class: `text${weight}`, 'text-anchor': 'end' }),
      element('rect', {
        class: 'solid',
        x: LEFT,
        y: middle - BAR / 2,
        width,
        height: BAR,
        ...(look.isOurs ? {} : { opacity: '0.75' }),
      }),
      isRange ? range : '',
      text(x(value.high) + 8, middle + 4, formatNumber(value.median), { class: `text${weight}` }),
    ].join(''),
  );
}

const describe = ({ xTitle, groups }: BarPlot): string => {
  const said = groups.map(({ title, bars }) => {
    const figures = bars.map(({ name, value }) => `${name} ${formatNumber(value.median)}`);
    return `${title}: ${figures.join(', ')}.`;
  });
  return `${xTitle}, medians. ${said.join(' ')}`;
};

/** Bars from 0, by class, with a line from the lowest to the highest round. */
export function barPlot(plot: BarPlot): string {
  const groups = plot.groups.filter(({ bars }) => bars.length > 0);
  const high = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value.high)));
  const ticks = linearTicks(high, ABOUT_TICKS);
  const x = linearScale([0, ticks.at(-1) ?? 1], [LEFT, RIGHT]);
  const rows: string[] = [];
  let top = TOP;
  for (const { title, bars } of groups) {
    rows.push(text(16, top + ROW / 2 + 4, title, { class: 'text strong' }));
    top += ROW;
    for (const bar of bars) {
      rows.push(drawBar(bar, top, x));
      top += ROW;
    }
  }
  const grid = ticks.flatMap((tick) => [
    line(x(tick), TOP, x(tick), top, { class: 'grid' }),
    text(x(tick), top + 18, formatNumber(tick), { 'text-anchor': 'middle' }),
  ]);
  const caption = text((LEFT + RIGHT) / 2, top + 40, plot.xTitle, { 'text-anchor': 'middle' });
  return drawing({
    title: plot.title,
    description: describe({ ...plot, groups }),
    width: WIDTH,
    height: top + FOOT,
    parts: [...grid, ...rows, caption],
  });
}
