// Changes the outbox as it is loaded, see seed-fault.mjs. For tests only.
import { writeSync } from 'node:fs';

const OUTBOX = '/services/edge/dist/channel/outbox.js';
/**
 * Where the outbox encodes what is `sent` to a topic, without a filter all publications of the tick: `previous` and
 * further arguments follow.
 */
const MARKED = 'encodeFrames(codec, channel.name, sent, previous';

/** What goes out instead of a publication; `before` is the one that came before it. */
const FAULTS = {
  drop: 'isHit(n) ? [] : [each]',
  double: 'isHit(n) ? [each, each] : [each]',
  // The next one takes it along, also in a later tick.
  reorder: 'isHit(n) ? [] : isHit(n - 1) && before ? [each, before] : [each]',
};

function faultyPublications(fault, every) {
  const instead = FAULTS[fault];
  if (instead === undefined) throw new Error(`seed-fault: there is no fault "${fault}"`);
  return `sent.flatMap((each, i) => {
    const n = flushed + i; // a channel begins at 1
    const before = sent[i - 1] ?? log.before(flushed);
    const isHit = (number) => number > 0 && number % ${every} === 0;
    return ${instead};
  })`;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith(OUTBOX)) return loaded;
  const parts = String(loaded.source).split(MARKED);
  if (parts.length !== 2) {
    throw new Error(`seed-fault: "${MARKED}" is ${parts.length - 1} times in ${OUTBOX}, not once`);
  }
  const { FAULT: fault = '', EVERY: every = '500' } = process.env;
  const faulty = MARKED.replace('sent', faultyPublications(fault, Number(every)));
  // Hooks run beside the main thread, where a stream's text can be lost.
  writeSync(2, `seed-fault: ${fault} 1 in ${every}\n`);
  return { ...loaded, source: parts.join(faulty) };
}
