import { ProtocolError, type Position, type Publication } from '@newswire/protocol';
import { MAX_PAGE_BYTES, type Broker, type Generation } from './broker.js';

export interface HistoryQuery {
  /**
   * Maximum number of publications; 0: only the position; negative: as many as an answer can hold.
   */
  readonly limit: number;
  /** Begin after this position or, in reverse, before it. An empty epoch matches any epoch. */
  readonly since?: Position | undefined;
  /** From the newest to the oldest. */
  readonly reverse?: boolean | undefined;
  /** Maximum size of the answer in UTF-8 bytes. Default: MAX_PAGE_BYTES. */
  readonly maxBytes?: number;
  /** Bytes added for each publication, on top of its data and extra members. Default: 0. */
  readonly bytesEach?: number;
}

export interface History {
  readonly publications: readonly Publication[];
  /** The end of the log. */
  readonly position: Position;
}

/** Minimum size of each later read, if the first read found too many transient publications. */
const STEP = 64;

/**
 * Reads a channel's history as a client or a backend sees it: without transient publications, and
 * with the publications of earlier generations that are still in the log. An answer ends early if
 * its publications have more UTF-8 bytes than `maxBytes`, except for a single one; to get more, the
 * caller reads again from the position of the last one. Error 112: the position is of another epoch
 * than the log. Temporary error 113: the epoch changed while the log was read. Other errors are the
 * broker's.
 */
export async function readHistory(
  broker: Pick<Broker, 'history'>,
  channel: string,
  { limit, since, reverse = false, maxBytes = MAX_PAGE_BYTES, bytesEach = 0 }: HistoryQuery,
): Promise<History> {
  const { topOffset, generation } = await broker.history(channel, 0, 0);
  if (generation === undefined) throw changed();
  const position = { offset: topOffset, epoch: generation.epoch };
  if (since !== undefined && since.epoch !== '' && since.epoch !== generation.epoch) {
    throw new ProtocolError('unrecoverablePosition');
  }
  const answer = new HistoryAnswer(limit < 0 ? Infinity : limit, maxBytes, bytesEach);
  const log = { broker, channel, generation };
  if (reverse) await readBackward(log, Math.min(topOffset + 1, since?.offset ?? Infinity), answer);
  else await readForward(log, since?.offset ?? 0, topOffset, answer);
  return { publications: answer.publications, position };
}

interface Log {
  readonly broker: Pick<Broker, 'history'>;
  readonly channel: string;
  readonly generation: Generation;
}

/** Collects publications until it has as many as requested. */
class HistoryAnswer {
  readonly publications: Publication[] = [];
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #bytesEach: number;
  #bytes = 0;
  #isOver = false;

  constructor(limit: number, maxBytes: number, bytesEach: number) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
    this.#bytesEach = bytesEach;
  }

  get isFull(): boolean {
    return this.#isOver || this.publications.length >= this.#limit;
  }

  /** The number of publications that still fit. */
  get room(): number {
    return this.#limit - this.publications.length;
  }

  add(publication: Publication): void {
    if (publication.isTransient || this.isFull) return;
    const { data, extra = '' } = publication;
    this.#bytes += this.#bytesEach + Buffer.byteLength(data) + Buffer.byteLength(extra);
    this.#isOver = this.#bytes > this.#maxBytes;
    if (!this.#isOver || this.publications.length === 0) this.publications.push(publication);
  }
}

/** Publications that arrive during the read are left to the next request. */
async function readForward(log: Log, from: number, topOffset: number, answer: HistoryAnswer) {
  let offset = from;
  let atLeast = 0;
  while (!answer.isFull && offset < topOffset) {
    const step = Math.max(atLeast, answer.room);
    const page = await readPage(log, offset, Math.min(step, topOffset - offset));
    for (const publication of page) if (publication.offset <= topOffset) answer.add(publication);
    const last = page.at(-1);
    if (last === undefined) return;
    offset = last.offset;
    atLeast = STEP;
  }
}

/**
 * The log can only be read forward, so each step is read completely before its newest publications
 * are used.
 */
async function readBackward(log: Log, before: number, answer: HistoryAnswer) {
  let end = before;
  let step = Math.min(STEP, answer.room);
  const [oldest] = answer.isFull ? [] : await readPage(log, 0, 1);
  if (oldest === undefined) return;
  while (!answer.isFull && end > oldest.offset) {
    const start = Math.max(oldest.offset, end - step);
    const range = await readRange(log, start, end);
    for (const publication of range.toReversed()) answer.add(publication);
    end = start;
    step = STEP;
  }
}

/** The publications from `start` to `end`, without `end`. */
async function readRange(log: Log, start: number, end: number): Promise<Publication[]> {
  const range: Publication[] = [];
  let next = start;
  while (next < end) {
    const page = await readPage(log, next - 1, end - next);
    const within = page.filter(({ offset }) => offset < end);
    range.push(...within);
    const last = within.at(-1);
    if (last === undefined) break;
    next = last.offset + 1;
  }
  return range;
}

async function readPage({ broker, channel, generation }: Log, since: number, limit: number) {
  const page = await broker.history(channel, since, limit);
  if (page.generation?.epoch !== generation.epoch) throw changed();
  return page.publications;
}

function changed(): ProtocolError {
  return new ProtocolError('concurrentPagination', 'the log has changed, try again');
}
