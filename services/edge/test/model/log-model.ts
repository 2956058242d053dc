import type { Generation } from '@newswire/broker';
import type { Position, Publication } from '@newswire/protocol';

/** A message to a subscriber of the model's Redis. */
export interface MessageModel {
  readonly publication: Publication;
  readonly epoch: string;
  readonly begins: Generation | undefined;
}

/**
 * One channel in a model of Redis and of the center that publishes to it: everything happens at
 * once and in one place. The data of a publication is its index among all that were accepted.
 */
export class LogModel {
  readonly accepted: Position[] = [];
  readonly #size: number;
  #entries: Publication[] = [];
  #generation: Generation | undefined;
  #top = 0;
  /** Offsets up to here were handed out in this generation, and some of them are lost. */
  #lostTop = 0;
  #generations = 0;
  /** Of the log while nothing was published to it; a generation that begins from nothing has it. */
  #emptyEpoch = this.#newEpoch();
  /** What center knows: the last position it was answered. */
  #known: Position | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  get generation(): Generation | undefined {
    return this.#generation;
  }

  get top(): number {
    return this.#top;
  }

  publish(): MessageModel {
    const generation = this.#lifeToPublishIn();
    const offset = ++this.#top;
    const publication = { offset, data: String(this.accepted.length) };
    this.#entries.push(publication);
    this.#entries = this.#entries.slice(-this.#size);
    this.#known = { offset, epoch: generation.epoch };
    this.accepted.push(this.#known);
    return {
      publication,
      epoch: generation.epoch,
      begins: offset === generation.firstOffset ? generation : undefined,
    };
  }

  /** As the broker's seam has it. */
  read(since: number, limit: number) {
    const publications = this.#entries.filter(({ offset }) => offset > since).slice(0, limit);
    const agesMs = publications.map(() => 0);
    const generation = this.#generation ?? {
      epoch: this.#emptyEpoch,
      firstOffset: 1,
      follows: undefined,
    };
    return { publications, agesMs, topOffset: this.#generation ? this.#top : 0, generation };
  }

  /** A publication of another log on the same topic. */
  foreign(offset: number): MessageModel {
    const publication = { offset, data: '-1' };
    const epoch = `foreign ${this.accepted.length % 3}`;
    const begins = offset === 1 ? { epoch, firstOffset: 1, follows: undefined } : undefined;
    return { publication, epoch, begins };
  }

  /** Empties the log; answers the position up to which. */
  remove(): Position {
    this.#entries = [];
    return { offset: this.#top, epoch: this.#generation?.epoch ?? '' };
  }

  /** FLUSHALL. */
  flush(): void {
    this.#entries = [];
    this.#generation = undefined;
    this.#emptyEpoch = this.#newEpoch();
    this.#top = this.#lostTop = 0;
  }

  /** A restart without the newest publications: with the next one a new generation begins. */
  restart(lost: number): void {
    this.#emptyEpoch = this.#newEpoch();
    if (this.#generation === undefined || lost === 0) return;
    const kept = Math.max(this.#top - lost, this.#generation.firstOffset - 1);
    if (kept === this.#top) return;
    this.#lostTop = Math.max(this.#lostTop, this.#top);
    this.#top = kept;
    this.#entries = this.#entries.filter(({ offset }) => offset <= kept);
  }

  /** The epoch of empty logs ends after 12 hours, or when another channel's log is lost. */
  endEmptyEpoch(): void {
    this.#emptyEpoch = this.#newEpoch();
  }

  /** Center restarts: it no longer knows what it was answered. */
  forget(): void {
    this.#known = undefined;
  }

  #lifeToPublishIn(): Generation {
    this.#generation ??= { epoch: this.#emptyEpoch, firstOffset: 1, follows: this.#known };
    if (this.#lostTop > 0) {
      this.#top = this.#lostTop;
      this.#generation = this.#newGeneration(this.#top + 1, this.#known);
      this.#lostTop = 0;
    }
    return this.#generation;
  }

  #newGeneration(firstOffset: number, follows: Position | undefined): Generation {
    return { epoch: this.#newEpoch(), firstOffset, follows };
  }

  #newEpoch(): string {
    return `e${++this.#generations}`;
  }
}
