import type { LoadResult } from './result.js';

const SENTENCE_LIMIT = 300;

/** What went wrong, as one line that fits into a report. */
export function toSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, SENTENCE_LIMIT) || 'it failed without a word';
}

/** What a server did wrong under a load, in a phrase; empty when it delivered everything once, in order. */
export function describeFault(result: LoadResult): string {
  const { lost, undrained, doubled, reordered, publishes_refused: refused } = result;
  const closes = Object.entries(result.closes).map(([code, count]) => `${code} × ${count}`);
  const late = undrained > 0 ? `, of which ${undrained} only came late` : '';
  const faults = [
    lost > 0 ? `lost ${lost}${late}` : '',
    doubled > 0 ? `doubled ${doubled}` : '',
    reordered > 0 ? `reordered ${reordered}` : '',
    refused > 0 ? `refused ${refused} publications: ${result.first_refusal}` : '',
    closes.length > 0 ? `closed its subscribers: ${closes.join(', ')}` : '',
    (result.publishers_closed ?? 0) > 0 ? 'closed the connection of its publisher' : '',
  ];
  return faults.filter((fault) => fault !== '').join('; ');
}
