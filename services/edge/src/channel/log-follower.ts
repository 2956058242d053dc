import type { HistoryPage, Generation } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import type { RingPublication } from './ring.js';
import type { ChannelLog } from './channel-log.js';

/**
 * The outcome of a received publication. `next`: appended. `repeated`: ignored, because it is known
 * already or belongs to another log. `kept`: it waits until the broker's log has been read. `gap`:
 * the log must be read first.
 */
export type Receipt = 'next' | 'repeated' | 'kept' | 'gap';

/**
 * The state after a page of the log. `live`: the live flow follows. `read`: more of the log must be
 * read. `lost`: the next publication no longer exists anywhere.
 */
export type Continuity = 'live' | 'read' | 'lost';

/** A page of the broker's log, with publications in the form that the ring keeps. */
export interface LogPage extends Pick<HistoryPage, 'topOffset' | 'generation'> {
  readonly publications: readonly RingPublication[];
}

interface ReceivedPublication {
  readonly publication: RingPublication;
  readonly epoch: string;
  readonly begins: Generation | undefined;
}

/**
 * A publication in an epoch that this log is not known to have. The next read of the log decides.
 */
interface Unverified {
  readonly epoch: string;
  /** Everything before it has been received: it began a log generation in an unbroken flow. */
  readonly isNext: boolean;
  readonly offset: number;
  /** The flow was unbroken before it. If it belongs to another log, the flow is still unbroken. */
  readonly wasUnbroken: boolean;
}

/**
 * The most publications that are kept during a read. Beyond this they are dropped, and the log is
 * read once more.
 */
const MAX_KEPT = 1000;

/** The most epochs of other logs that are remembered. */
const MAX_FOREIGN_EPOCHS = 16;

const NO_GENERATION: Generation = { epoch: '', firstOffset: 1, follows: undefined };

/**
 * Keeps a ChannelLog without gaps: appends live publications that follow directly, and otherwise
 * reports that the broker's log must be read. It does no I/O: the caller reads the pages and passes
 * them in.
 */
export class LogFollower {
  readonly #log: ChannelLog;
  readonly #hasLog: boolean;
  #isLive = false;
  /**
   * The next received publication follows directly after the last received one. A read of the log
   * proves less: publications after the page may have been lost before the read, and the next
   * received publication may be older than the page.
   */
  #isUnbroken = false;
  /**
   * The log's end at the first read, if nothing had been published by then. While the end stays
   * there and the flow is not interrupted, nothing was missed, whichever generation comes next.
   */
  #newEnd: number | undefined;
  #kept: ReceivedPublication[] = [];
  #mustReadAgain = false;
  /**
   * The last position received before the current read began: the log must reach at least this far.
   */
  #mustReach: Position | undefined;
  #unverified: Unverified | undefined;
  /**
   * Epochs of publications that arrived on this channel's topic but are not in its log: another
   * stack with the same prefix sends them, or they are stale.
   */
  readonly #foreignEpochs = new Set<string>();

  /** Without a log to read (`hasLog` is false), every later publication counts as the next one. */
  constructor(log: ChannelLog, hasLog = true) {
    this.#log = log;
    this.#hasLog = hasLog;
  }

  /** The live flow is followed, and no publication is known to be missing. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** `keepFrom`: publications from this cursor on must stay in the ring. */
  receive(
    publication: RingPublication,
    epoch: string,
    begins: Generation | undefined,
    keepFrom: number,
  ): Receipt {
    if (this.#log.isOpen && !this.#hasLog) return this.#append(publication, epoch, keepFrom);
    if (this.#foreignEpochs.size > 0 && this.#foreignEpochs.has(epoch)) return 'repeated';
    const received = { publication, epoch, begins };
    const isReading = !this.#isLive;
    if (isReading && !this.#continues(epoch)) return this.#keep(received);
    const receipt = this.#follow(received, keepFrom);
    if (receipt !== 'gap') return receipt;
    this.#isLive = this.#isUnbroken = false;
    if (isReading) this.#unverified = undefined;
    this.#keep(received);
    return isReading ? 'kept' : 'gap';
  }

  /**
   * While an unverified publication waits for a read, an unbroken flow continues in the known
   * epoch.
   */
  #continues(epoch: string): boolean {
    return this.#unverified?.wasUnbroken === true && epoch === this.#log.position.epoch;
  }

  /**
   * The flow was interrupted: publications received and reads begun before this no longer count.
   * Returns true if the caller must begin a read. A read that is under way will be followed by
   * another.
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

  /**
   * A read begins now. It contains everything received so far, and may lack what is received from
   * here on.
   */
  beginRead(): void {
    const last = this.#kept.at(-1);
    if (last !== undefined) {
      this.#mustReach = { epoch: last.epoch, offset: last.publication.offset };
    }
    this.#kept = [];
    this.#mustReadAgain = false;
  }

  /** The offset after which the log must be read. */
  get readFrom(): number {
    return this.#log.isOpen ? this.#log.position.offset : 0;
  }

  /** Takes in a page of the log after `readFrom`. */
  take(page: LogPage, keepFrom: number): Continuity {
    if (!this.#log.isOpen) this.#restart(page);
    const unverified = this.#verify(page);
    const continuity = this.#takePage(page, unverified, keepFrom);
    return continuity === 'live' ? this.#resume(keepFrom) : continuity;
  }

  /** Restarts at the log's end that the page shows, because earlier publications are lost. */
  giveUp(page: LogPage): Continuity {
    this.#restart(page);
    return this.#resume(this.#log.end);
  }

  /** Restarts the log with the page's last run of consecutive publications. */
  #restart({ publications, topOffset, generation = NO_GENERATION }: LogPage): void {
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

  #keep(received: ReceivedPublication): Receipt {
    this.#kept.push(received);
    if (this.#kept.length > MAX_KEPT) {
      this.#kept = [];
      this.#mustReadAgain = true;
    }
    return 'kept';
  }

  /** Appends even after a gap, since there is no log to read: a new generation begins there. */
  #append(publication: RingPublication, epoch: string, keepFrom: number): Receipt {
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
   * Checks the unverified publication against a read that began after it arrived. Returns the
   * publication if the log is in its epoch. If the log is still in the known epoch, the publication
   * belongs to another log.
   */
  #verify({ generation }: LogPage): Unverified | undefined {
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

  #takePage(page: LogPage, unverified: Unverified | undefined, keepFrom: number): Continuity {
    const { publications, topOffset, generation } = page;
    const { epoch, offset } = this.#log.position;
    if (generation === undefined || isInconclusive(page, epoch)) {
      // A publication arrived that this log does not have: the next one may not follow directly.
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

  /**
   * The log is in another generation. The generation that it follows shows whether everything
   * before it is here.
   */
  #takeOtherGeneration(
    { publications, topOffset }: LogPage,
    generation: Generation,
    unverified: Unverified | undefined,
    keepFrom: number,
  ): Continuity {
    const { epoch, offset } = this.#log.position;
    const hasNewOffsets = generation.firstOffset > offset;
    if (unverified?.isNext && unverified.offset === generation.firstOffset) {
      this.#log.beginGeneration(generation);
      this.#isUnbroken = true;
      const ofGeneration = publications.filter((each) => each.offset >= generation.firstOffset);
      if (hasNewOffsets) this.#appendRun(ofGeneration, keepFrom);
      return this.#log.position.offset >= topOffset ? 'live' : 'read';
    }
    if (this.#newEnd === this.#log.end && generation.follows === undefined) {
      this.#log.beginGeneration(generation);
      return 'read';
    }
    if (generation.follows?.epoch !== epoch) return 'lost';
    const ofOldGeneration = hasNewOffsets
      ? publications.filter((p) => p.offset < generation.firstOffset)
      : [];
    if (!this.#appendRun(ofOldGeneration, keepFrom)) return 'lost';
    const reached = this.#log.position.offset;
    if (reached < generation.follows.offset) return reached > offset ? 'read' : 'lost';
    this.#log.beginGeneration(generation);
    if (hasNewOffsets) this.#appendRun(publications.slice(ofOldGeneration.length), keepFrom);
    return this.#log.position.offset >= topOffset ? 'live' : 'read';
  }

  /** False if the publications do not follow directly: the log has lost the next one. */
  #appendRun(publications: readonly RingPublication[], keepFrom: number): boolean {
    for (const publication of publications) {
      const next = this.#log.position.offset + 1;
      if (publication.offset < next) continue;
      if (publication.offset > next) return false;
      this.#log.append(publication, keepFrom);
    }
    return true;
  }

  /**
   * Returns to the live flow, by way of the publications received during the read. If one is of
   * another generation than the page, that generation may be earlier or later: another read
   * decides.
   */
  #resume(keepFrom: number): Continuity {
    if (this.#mustReadAgain) return 'read';
    for (const received of this.#kept)
      if (this.#follow(received, keepFrom) === 'gap') return 'read';
    this.#kept = [];
    this.#mustReach = undefined;
    this.#isLive = true;
    return 'live';
  }
}

/**
 * Whether a page does not show what followed in the generation of `epoch`. Either the log
 * was lost, or a read has begun a new log that has no publication yet. The next publication will show
 * what it follows.
 */
export function isInconclusive(
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
