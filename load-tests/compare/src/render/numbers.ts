import type { Spread } from '@newswire/load-harness';

/** Where there is no figure. */
export const NONE = '–';

const SIGNIFICANT = 3;

/** Three digits that say something, whole numbers in full: `1,234`, `12.3`, `0.0123`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  if (value === 0) return '0';
  const places = SIGNIFICANT - 1 - Math.floor(Math.log10(Math.abs(value)));
  const digits = Math.min(Math.max(places, 0), 4);
  return value.toLocaleString('en', {
    minimumFractionDigits: Number.isInteger(value) ? 0 : digits,
    maximumFractionDigits: digits,
  });
}

/** Median with the lowest and highest round, where they differ. */
export function formatSpread(spread: Spread | undefined, format = formatNumber): string {
  if (spread === undefined) return NONE;
  const [median, low, high] = [spread.median, spread.low, spread.high].map(format);
  return low === high ? `${median}` : `${median} (${low}–${high})`;
}

const inFixed = (value: number) =>
  value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Two decimals, so that 0.95 and 1.00 can be told apart; below 0.1 three. */
export function formatRatio(ratio: Spread | undefined): string {
  return formatSpread(ratio, (value) => (value < 0.1 ? value.toFixed(3) : inFixed(value)));
}

/** Of a share such as 0.0123: `1.2 %`. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent < 0.1) return 'less than 0.1 %';
  return `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** `1,000` and above in full, as the settings of a work are said. */
export const formatCount = (value: number): string => value.toLocaleString('en');

const KIB = 1024;

export function formatBytes(bytes: number): string {
  return bytes >= KIB && bytes % KIB === 0 ? `${bytes / KIB} KiB` : `${formatCount(bytes)} B`;
}
