import type { HistoryPage, Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import type { Entry } from '../streams/entry.js';
import type { ChannelLog } from './channel-log.js';

/**
 * What a heard publication meant. `next`: appended. `repeated`: known already. `kept`: it waits
 * until the broker's log has been read. `gap`: the log has to be read first.
 */
export type Receipt = 'next' | 'repeated' | 'kept' | 'gap';

/** How things stand after a part of the log. `lost`: what comes next is nowhere any more. */
export type Continuity = 'live' | 'read' | 'lost';

/** A page of the broker's log as the ring keeps publications. */
export interface EntryPage extends Pick<HistoryPage, 'topOffset' | 'generation'> {
  readonly publications: readonly Entry[];
}

interface ReceivedPublication {
  readonly publication: Entry;
  readonly epoch: string;
  readonly begins: Generation | undefined;
}

/** A publication in an epoch that the log is not known to have: the next read of the log decides. */
interface Unverified {
  readonly epoch: string;
  /** Everything before it has been received: it began a log generation in an unbroken flow. */
  readonly isNext: boolean;
  readonly offset: number;
  /** The flow was unbroken before it. If it does not belong to this log, the flow still is. */
  readonly wasUnbroken: boolean;
}

/** So many publications are kept while the log is read; past that, it is read once more. */
const MAX_KEPT = 1000;

/** So many epochs are remembered that turned out to belong to another log. */
const MAX_FOREIGN_EPOCHS = 16;

const NO_GENERATION: Generation = { epoch: '', firstOffset: 1, follows: undefined };

/**
 * Keeps a ChannelLog gapless: takes the live flow where it follows, and otherwise says that the
 * broker's log must be read. All of it without I/O: whoever reads hands the pages in.
 */
export class LogFollower {
  readonly #log: ChannelLog;
  readonly #hasLog: boolean;
  #isLive = false;
  /**
   * What is heard next comes directly after what was heard last. That the log was read proves less:
   * what followed may have been lost before, and what is heard may be older.
   */
  #isUnbroken = false;
  /**
   * The log's end when it was read first and nothing had been published yet. While that is the end
   * and the flow was not interrupted, nothing was missed, whatever generation comes next.
   */
  #newEnd: number | undefined;
  #kept: ReceivedPublication[] = [];
  #mustReadAgain = false;
  /** Receipt before the read that is under way: whatever the log is like, it must go so far. */
  #mustReach: Position | undefined;
  #unverified: Unverified | undefined;
  /**
   * Epochs of publications that came on this channel's topic and are not in its log: another stack
   * with the same prefix sends them, or they are stale.
   */
  readonly #foreignEpochs = new Set<string>();

  /** Without a log to read there is nothing to wait for: whatever is heard follows. */
  constructor(log: ChannelLog, hasLog = true) {
    this.#log = log;
    this.#hasLog = hasLog;
  }

  /** The live flow is followed, and nothing is missing as far as anybody knows. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** `keepFrom`: the cursor from which on publications may not leave the ring yet. */
  receive(
    publication: Entry,
    epoch: string,
    begins: Generation | undefined,
    keepFrom: number,
  ): Receipt {
    if (this.#log.isOpen && !this.#hasLog) return this.#append(publication, epoch, keepFrom);
    if (this.#foreignEpochs.size > 0 && this.#foreignEpochs.has(epoch)) return 'repeated';
    const heard = { publication, epoch, begins };
    const isReading = !this.#isLive;
    if (isReading && !this.#goesOn(epoch)) return this.#keep(heard);
    const meaning = this.#follow(heard, keepFrom);
    if (meaning !== 'gap') return meaning;
    this.#isLive = this.#isUnbroken = false;
    if (isReading) this.#unverified = undefined;
    this.#keep(heard);
    return isReading ? 'kept' : 'gap';
  }

  /** While an unverified publication waits for the log, an unbroken flow goes on in the known epoch. */
  #goesOn(epoch: string): boolean {
    return this.#unverified?.wasUnbroken === true && epoch === this.#log.position.epoch;
  }

  /**
   * The flow was interrupted: nothing heard or read before counts. True if a read has to begin;
   * one that is under way will ask for another.
   */
  interrupt(): boolean {
    if (this.#log.isOpen && !this.#hasLog) return false;
    const wasLive = this.#isLive;
    this.#isLive = this.#isUnbroken = false;
    this.#newEnd = undefined;
    this.#kept = [];
    this.#mustReach = undefined;
    this.#mustReadAgain = !wasLive;
    this.#unverified = undefined;
    this.#foreignEpochs.clear();
    return wasLive;
  }

  /** A read begins now: it has what was heard so far, and may lack what is heard from here on. */
  beginRead(): void {
    const last = this.#kept.at(-1);
    if (last !== undefined) {
      this.#mustReach = { epoch: last.epoch, offset: last.publication.offset };
    }
    this.#kept = [];
    this.#mustReadAgain = false;
  }

  /** The offset after which the log has to be read. */
  get readFrom(): number {
    return this.#log.isOpen ? this.#log.position.offset : 0;
  }

  /** Takes in a page of the log after `readFrom`. */
  take(page: EntryPage, keepFrom: number): Continuity {
    if (!this.#log.isOpen) this.#restart(page);
    const unverified = this.#verify(page);
    const continuity = this.#takePage(page, unverified, keepFrom);
    return continuity === 'live' ? this.#resume(keepFrom) : continuity;
  }

  /** Begins anew where a page says that the log ends, as what came before is lost. */
  giveUp(page: EntryPage): Continuity {
    this.#restart(page);
    return this.#resume(this.#log.end);
  }

  /** With as much of the log's end as the page has. */
  #restart({ publications, topOffset, generation = NO_GENERATION }: EntryPage): void {
    const ofGeneration = publications.filter(({ offset }) => offset >= generation.firstOffset);
    const hole = ofGeneration.findLastIndex(
      ({ offset }, i) => offset !== topOffset - (ofGeneration.length - 1 - i),
    );
    const end = ofGeneration.slice(hole + 1);
    this.#log.restart(generation, topOffset - end.length);
    for (const publication of end) this.#log.append(publication, Infinity);
    this.#isUnbroken = false;
    this.#newEnd = topOffset < generation.firstOffset ? this.#log.end : undefined;
  }

  #keep(heard: ReceivedPublication): Receipt {
    this.#kept.push(heard);
    if (this.#kept.length > MAX_KEPT) {
      this.#kept = [];
      this.#mustReadAgain = true;
    }
    return 'kept';
  }

  /** Across a hole, too. */
  #append(publication: Entry, epoch: string, keepFrom: number): Receipt {
    const { position } = this.#log;
    const { offset } = publication;
    if (epoch === position.epoch && offset <= position.offset) return 'repeated';
    const isNext = epoch === position.epoch && offset === position.offset + 1;
    if (!isNext) this.#log.beginGeneration({ epoch, firstOffset: offset });
    this.#log.append(publication, keepFrom);
    return 'next';
  }

  #follow({ publication, epoch, begins }: ReceivedPublication, keepFrom: number): Receipt {
    const { offset } = publication;
    const { position } = this.#log;
    if (epoch === position.epoch) {
      if (offset === position.offset) this.#isUnbroken = true;
      if (offset <= position.offset) return 'repeated';
      if (offset > position.offset + 1) return 'gap';
    } else if (this.#log.isOver(epoch)) {
      return 'repeated';
    } else if (begins !== undefined && this.#hasReached(begins.follows)) {
      this.#log.beginGeneration(begins);
    } else {
      const wasUnbroken = this.#isUnbroken;
      const isNext = begins !== undefined && wasUnbroken;
      this.#unverified = { epoch, isNext, offset, wasUnbroken };
      return 'gap';
    }
    this.#log.append(publication, keepFrom);
    this.#isUnbroken = true;
    return 'next';
  }

  /** Whether everything up to a position in the known epoch is here. */
  #hasReached(position: Position | undefined): boolean {
    const { epoch, offset } = this.#log.position;
    return position?.epoch === epoch && position.offset <= offset;
  }

  /**
   * Checks the unverified publication against a read that began after it came. Returns it if the log
   * is in its epoch. If the log is still in the known one, it belongs to another log.
   */
  #verify({ generation }: EntryPage): Unverified | undefined {
    const unverified = this.#unverified;
    this.#unverified = undefined;
    if (unverified === undefined || generation?.epoch === unverified.epoch) return unverified;
    if (generation?.epoch === this.#log.position.epoch) {
      this.#isUnbroken = unverified.wasUnbroken;
      if (this.#foreignEpochs.size >= MAX_FOREIGN_EPOCHS) this.#foreignEpochs.clear();
      this.#foreignEpochs.add(unverified.epoch);
    }
    return undefined;
  }

  #takePage(page: EntryPage, unverified: Unverified | undefined, keepFrom: number): Continuity {
    const { publications, topOffset, generation } = page;
    const { epoch, offset } = this.#log.position;
    if (generation === undefined || saysNothing(page, epoch)) {
      // Something was published that this log does not have: what comes next may not be the next.
      if (this.#mustReach !== undefined && this.#mustReach.epoch !== epoch)
        this.#newEnd = undefined;
      return 'live';
    }
    if (generation.epoch !== epoch)
      return this.#takeOtherGeneration(page, generation, unverified, keepFrom);
    const mustReach = this.#mustReach?.epoch === epoch ? this.#mustReach.offset : 0;
    if (topOffset < mustReach) return 'lost';
    if (!this.#appendRun(publications, keepFrom)) return 'lost';
    const reached = this.#log.position.offset;
    if (reached >= topOffset) return 'live';
    return reached > offset ? 'read' : 'lost';
  }

  /** The log is in another generation. What it follows tells whether everything before it is here. */
  #takeOtherGeneration(
    { publications, topOffset }: EntryPage,
    generation: Generation,
    unverified: Unverified | undefined,
    keepFrom: number,
  ): Continuity {
    const { epoch, offset } = this.#log.position;
    const goesOn = generation.firstOffset > offset;
    if (unverified?.isNext && unverified.offset === generation.firstOffset) {
      this.#log.beginGeneration(generation);
      this.#isUnbroken = true;
      const ofGeneration = publications.filter((each) => each.offset >= generation.firstOffset);
      if (goesOn) this.#appendRun(ofGeneration, keepFrom);
      return this.#log.position.offset >= topOffset ? 'live' : 'read';
    }
    if (this.#newEnd === this.#log.end && generation.follows === undefined) {
      this.#log.beginGeneration(generation);
      return 'read';
    }
    if (generation.follows?.epoch !== epoch) return 'lost';
    const ofOldGeneration = goesOn
      ? publications.filter((p) => p.offset < generation.firstOffset)
      : [];
    if (!this.#appendRun(ofOldGeneration, keepFrom)) return 'lost';
    const reached = this.#log.position.offset;
    if (reached < generation.follows.offset) return reached > offset ? 'read' : 'lost';
    this.#log.beginGeneration(generation);
    if (goesOn) this.#appendRun(publications.slice(ofOldGeneration.length), keepFrom);
    return this.#log.position.offset >= topOffset ? 'live' : 'read';
  }

  /** False if they do not follow: the log has lost what comes next. */
  #appendRun(publications: readonly Entry[], keepFrom: number): boolean {
    for (const publication of publications) {
      const next = this.#log.position.offset + 1;
      if (publication.offset < next) continue;
      if (publication.offset > next) return false;
      this.#log.append(publication, keepFrom);
    }
    return true;
  }

  /**
   * Back to the live flow, over what was heard while the log was read. A generation that is not the page's
   * may be an earlier or a later one: another read tells.
   */
  #resume(keepFrom: number): Continuity {
    if (this.#mustReadAgain) return 'read';
    for (const heard of this.#kept) if (this.#follow(heard, keepFrom) === 'gap') return 'read';
    this.#kept = [];
    this.#mustReach = undefined;
    this.#isLive = true;
    return 'live';
  }
}

/**
 * Whether a page leaves open what came after what one has of a generation: the log is gone, with all that
 * may have been published meanwhile, or was only asked for since. What the next publication follows
 * will tell.
 */
export function saysNothing(
  { generation, topOffset }: Pick<HistoryPage, 'generation' | 'topOffset'>,
  epoch: string,
): boolean {
  if (generation === undefined) return true;
  return (
    generation.epoch !== epoch &&
    generation.follows === undefined &&
    topOffset < generation.firstOffset
  );
}
