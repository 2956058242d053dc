// Figures and texts as the page and the terminal show them.
import { markdownTable } from 'markdown-table';
import type { Spread } from './figures.js';

/** Where there is no figure. */
export const NONE = '–';
const SIGNIFICANT = 3;
const BYTES_PER_KIB = 1024;

const plainFormat = new Intl.NumberFormat('en');
/** By the number of decimals. Each is created once, which costs more than to use it. */
const fixedFormats = [0, 1, 2, 3, 4].map(
  (digits) =>
    new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const formatFixed = (value: number, digits: number) =>
  (fixedFormats[digits] ?? plainFormat).format(value);

/** Three digits that say something, whole numbers in full: `1,234`, `12.3`, `0.0123`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  if (Number.isInteger(value)) return plainFormat.format(value);
  const places = SIGNIFICANT - 1 - Math.floor(Math.log10(Math.abs(value)));
  return formatFixed(value, Math.min(Math.max(places, 0), 4));
}

/** Median with the lowest and highest round, where they differ. */
export function formatSpread(spread: Spread | undefined, format = formatNumber): string {
  if (spread === undefined) return NONE;
  const [median, low, high] = [spread.median, spread.low, spread.high].map(format);
  return low === high ? `${median}` : `${median} (${low}–${high})`;
}

/** Two decimals, so that 0.95 and 1.00 differ; below 0.1 three. */
export const formatRatio = (ratio: Spread | undefined): string =>
  formatSpread(ratio, (value) => formatFixed(value, value < 0.1 ? 3 : 2));

/** Of a share such as 0.0123: `1.2 %`. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent < 0.1) return 'less than 0.1 %';
  return `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

export const formatCount = (value: number): string => plainFormat.format(value);

export function formatBytes(bytes: number): string {
  const isWhole = bytes >= BYTES_PER_KIB && bytes % BYTES_PER_KIB === 0;
  return isWhole ? `${bytes / BYTES_PER_KIB} KiB` : `${formatCount(bytes)} B`;
}

/** Text from elsewhere inside a table or a sentence: it can end neither a cell nor the line, and is no HTML. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', String.raw`\|`)
    .trim();
}

export interface TableStyle {
  /** Which columns are left-aligned; otherwise the first. */
  readonly isText?: (column: number) => boolean;
  /** Pads cells, so that columns line up in a terminal. */
  readonly isAligned?: boolean;
}

export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { isText = (column) => column === 0, isAligned = false }: TableStyle = {},
): string {
  const align = heads.map((_, column) => (isText(column) ? '' : 'r'));
  return markdownTable([heads, ...rows], { align, alignDelimiters: isAligned });
}

export const formatBullets = (items: readonly string[]): string =>
  items.map((item) => `- ${item}`).join('\n');

/** Without the empty ones, an empty line between them. */
export const joinParagraphs = (parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join('\n\n');

/** As GitHub makes it of a heading. */
export function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
