import { describe, expect, it } from 'vitest';
import { comparison, CONTENDERS } from '../../test/comparison-fixture.js';
import { drawPlots } from './plots.js';

/** Throws where tags do not close what was opened, or text has what must be escaped. */
function checkXml(xml: string): number {
  const open: string[] = [];
  let elements = 0;
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/gi,
    (_, closes: string, name: string, _attributes: string, isEmpty: string) => {
      if (closes !== '') {
        if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      } else {
        elements += 1;
        if (isEmpty === '') open.push(name);
      }
      return '';
    },
  );
  if (open.length > 0) throw new Error(`${open.join(', ')} stay open`);
  if (/[<>]|&(?!(amp|lt|gt|quot);)/.test(rest)) throw new Error(`unescaped: ${rest}`);
  return elements;
}

const plots = drawPlots(comparison());

describe.each(plots.map((plot) => [plot.file, plot] as const))('%s', (_, { svg, title }) => {
  it('is well-formed, named and described', () => {
    expect(checkXml(svg)).toBeGreaterThan(20);
    expect(svg).toContain(`<title id="title">${title.replaceAll('&', '&amp;')}</title>`);
    expect(svg).toMatch(/<desc id="description">[^<]*newswire/);
  });

  it('has no place that is no number, and none outside of the picture', () => {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    for (const [, axis, place] of svg.matchAll(/ c?([xy])[12]?="(-?[\d.]+)"/g)) {
      expect(Number(place)).toBeGreaterThanOrEqual(0);
      expect(Number(place)).toBeLessThanOrEqual(Number(axis === 'x' ? width : height));
    }
  });

  it('lets newswire stand out', () => {
    expect(svg).toMatch(/(fill|stroke)="var\(--own\)"/);
    expect(svg).toMatch(/<g [^>]*font-weight="700"[^>]*><text[^>]*>(. )?newswire/);
  });
});

describe('plots', () => {
  it('have a line for each contender that was measured, and the numbers of the JSON', () => {
    const svg = plots.find(({ file }) => file === 'windows-memory.svg')?.svg ?? '';
    const lines = svg.match(/aria-label="line"/g) ?? [];
    const measured = CONTENDERS.filter(({ id }) =>
      ['newswire', 'raw', 'ws', 'tornado', 'socket.io', 'nats', 'mosquitto', 'centrifuge'].includes(
        id,
      ),
    );
    expect(lines).toHaveLength(measured.length);
    const [first] = comparison().works.windows ?? [];
    const thousands = (first?.by.mosquitto?.rounds ?? []).map((r) => r.deliveries_per_s / 1000);
    expect(svg).toContain(`Mosquitto: 1: ${thousands.toSorted((a, b) => a - b)[1]}`);
  });

  it('leave out servers without a figure, and are omitted without figures', () => {
    const whole = comparison();
    const failed = { rounds: [], failure: 'it hung' };
    const connections = { newswire: failed, nats: failed };
    const files = drawPlots({ ...whole, works: { connections } }).map(({ file }) => file);
    expect(files).toEqual([]);
  });

  it('escape names', () => {
    const whole = comparison();
    const contenders = whole.contenders.map((contender) => ({ ...contender, name: 'a <b> & "c"' }));
    for (const { svg } of drawPlots({ ...whole, contenders })) {
      expect(checkXml(svg)).toBeGreaterThan(0);
      expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
    }
  });
});
