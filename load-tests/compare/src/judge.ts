import type { LoadResult } from '@newswire/load-harness';

const SENTENCE_LIMIT = 300;

/** What went wrong, as one line that fits into a report. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, SENTENCE_LIMIT) || 'it failed without a word';
}

function closesOf({ closes }: LoadResult): string {
  const codes = Object.entries(closes).map(([code, count]) => `${code} × ${count}`);
  return codes.length > 0 ? `closed its subscribers: ${codes.join(', ')}` : '';
}

function lossOf({ lost, undrained }: LoadResult): string {
  if (lost === 0) return '';
  return undrained > 0 ? `lost ${lost}, of which ${undrained} only came late` : `lost ${lost}`;
}

/** What a server did wrong under a load, in a phrase; empty when it delivered everything once, in order. */
export function faultOf(result: LoadResult): string {
  const { doubled, reordered, publishes_refused: refused, first_refusal: refusal } = result;
  const faults = [
    lossOf(result),
    doubled > 0 ? `doubled ${doubled}` : '',
    reordered > 0 ? `reordered ${reordered}` : '',
    refused > 0 ? `refused ${refused} publications: ${refusal}` : '',
    closesOf(result),
    (result.publishers_closed ?? 0) > 0 ? 'closed the connection of its publisher' : '',
  ];
  return faults.filter((fault) => fault !== '').join('; ');
}
