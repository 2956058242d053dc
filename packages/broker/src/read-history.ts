import { ProtocolError, type Position, type Publication } from '@newswire/protocol';
import { MAX_PAGE_BYTES, type Broker, type Generation } from './broker.js';

export interface HistoryQuery {
  /** How many publications at most; 0: only the position; below 0: as many as an answer holds. */
  readonly limit: number;
  /** Begin behind this position or, in reverse, before it. An empty epoch is any. */
  readonly since?: Position | undefined;
  /** From the newest to the oldest. */
  readonly reverse?: boolean | undefined;
  /** Where the answer ends early, in UTF-8 bytes. Default: MAX_PAGE_BYTES. */
  readonly maxBytes?: number;
  /** What each publication counts beside its data and its extra members. Default: 0. */
  readonly bytesEach?: number;
}

export interface History {
  readonly publications: readonly Publication[];
  /** Where the log ends. */
  readonly position: Position;
}

/** Whoever did not find enough at first, among transient ones, asks for so many at least. */
const STEP = 64;

/**
 * What a channel's log has, as somebody who asks for its history sees it, a client or a backend:
 * without transient publications, with those of earlier generations that it still has. An answer ends early where its publications have more UTF-8 bytes than
 * `maxBytes`, but for the first: who wants more asks again, from the last one's position. Error
 * 112: the position is of another epoch than the log. Temporary error 113: the epoch changed while
 * the log was read. Other errors are the broker's.
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
  const answer = new Answer(limit < 0 ? Infinity : limit, maxBytes, bytesEach);
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

/** Takes in publications until it has what was asked for. */
class Answer {
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

  /** How many more are wanted at most. */
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

/** What is published meanwhile is left to the next question. */
async function readForward(log: Log, from: number, topOffset: number, answer: Answer) {
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

/** The log is read forward only: so a step is read whole before its newest is taken. */
async function readBackward(log: Log, before: number, answer: Answer) {
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

/** What is there from `start` up to `end`, without it. */
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
