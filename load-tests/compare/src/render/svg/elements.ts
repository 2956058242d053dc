import { STYLE } from './theme.js';

/** Text and attributes of XML. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

const DIGITS = 10;

export type Attributes = Readonly<Record<string, string | number>>;

/** An element; a number has one decimal, so that the files change only where the picture does. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const said = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? Math.round(value * DIGITS) / DIGITS : value;
    return ` ${key}="${escaped(String(text))}"`;
  });
  const head = `<${name}${said.join('')}`;
  return content === '' ? `${head}/>` : `${head}>${content}</${name}>`;
}

export const text = (x: number, y: number, content: string, more: Attributes = {}): string =>
  element('text', { x, y, class: 'text', ...more }, escaped(content));

export const line = (x1: number, y1: number, x2: number, y2: number, more: Attributes): string =>
  element('line', { x1, y1, x2, y2, ...more });

export interface Drawing {
  readonly title: string;
  /** For who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

/** An SVG file. */
export function drawing({ title, description, width, height, parts }: Drawing): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'title description',
  };
  const content = [
    element('title', { id: 'title' }, escaped(title)),
    element('desc', { id: 'description' }, escaped(description)),
    element('style', {}, `\n${STYLE}\n`),
    element('rect', { class: 'paper', width, height }),
    text(16, 26, title, { class: 'text title' }),
    ...parts,
  ];
  return `${element('svg', attributes, `\n${content.join('\n')}\n`)}\n`;
}
