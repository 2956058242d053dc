import { findHeadRoom, listFailures } from './comparison.js';
import { WORKS } from './contender.js';
import { formatCount, joinParagraphs } from './render/format.js';
import { formatWork } from './render/tables.js';
import { WORK_TEXTS } from './render/works.js';
import type { Comparison } from './result.js';

/** How much more than the best server sends the generator should be able to receive. */
const ENOUGH_HEAD_ROOM = 3;

const formatWhole = (value: number) => formatCount(Math.round(value));

/** A sentence on whether the generator was fast enough; empty when nothing was measured. */
function describeHeadRoom({ works }: Comparison): string {
  const room = findHeadRoom(works);
  if (!room) return '';
  const { times, deliveriesPerS, contender, work, at } = room;
  const verdict = times >= ENOUGH_HEAD_ROOM ? '' : `: less than ${ENOUGH_HEAD_ROOM} times`;
  return (
    `The generator takes in at least ${times.toFixed(1)} times what the fastest server sends${verdict} ` +
    `(${formatWhole(deliveriesPerS)}/s of ${contender}, ${work} at ${formatWhole(at)}).`
  );
}

/** The page's tables in plain text, what failed and what is missing. */
export function summarize(comparison: Comparison): string {
  const { contenders, works } = comparison;
  const tables = WORKS.flatMap((work) => {
    const [first, ...others] = formatWork(work, comparison, { isAligned: true });
    return first === undefined ? [] : [WORK_TEXTS[work].title, first, ...others];
  });
  const failures = listFailures(works).map(({ contender, work, at, why }) => {
    return `  ${contender}, ${work}${at === undefined ? '' : ` at ${formatWhole(at)}`}: ${why}`;
  });
  const missing = contenders
    .filter(({ obstacle }) => obstacle !== '')
    .map(({ name, obstacle }) => `  ${name}: ${obstacle}`);
  return joinParagraphs([
    ...tables,
    failures.length > 0 ? ['Failed', ...failures].join('\n') : '',
    missing.length > 0 ? ['Missing', ...missing].join('\n') : '',
    describeHeadRoom(comparison),
  ]);
}
