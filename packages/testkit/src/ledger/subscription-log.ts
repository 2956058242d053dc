import type { Position } from '@newswire/protocol';
import type { ChannelHistory, Place } from './channel-history.js';
import type { KnownGeneration, Token } from './known-generation.js';

/** A gap of which the subscriber was notified: publications may be missing. */
export interface Notice {
  /** The cause, in the caller's words. */
  readonly cause: string;
  readonly atMs: number;
}

/** The end of the log at the time of subscribing. Every later publication must be delivered. */
export interface Start {
  readonly kind: 'start';
  readonly generation: KnownGeneration;
  readonly offset: number;
  /** The gap that was reported, if it had subscribed before. */
  readonly notice: Notice | undefined;
}

/** Deliveries whose offsets increased by one. */
export interface Run {
  readonly kind: 'run';
  readonly generation: KnownGeneration;
  readonly from: number;
  to: number;
}

export type Entry = Start | Run;

/** A subscribe reply, as received. */
export interface SubscribeReply extends Position {
  readonly recovered: boolean;
}

const UNTOLD: Notice = { cause: 'subscribed afresh', atMs: 0 };

/**
 * The replies, gaps and deliveries of one subscriber on one channel, in order. Deliveries are
 * stored as runs of offsets, which takes little memory. They are judged at the end.
 */
export class SubscriptionLog {
  readonly subscriber: string;
  readonly history: ChannelHistory;
  readonly entries: Entry[] = [];
  /** Whether new publications must still be delivered to the subscriber. */
  isOpen = false;
  #generation: KnownGeneration | undefined;
  #run: Run | undefined;

  constructor(subscriber: string, history: ChannelHistory) {
    this.subscriber = subscriber;
    this.history = history;
  }

  /**
   * The subscription is active. `asked`: the requested recovery position, if any.
   * `notice`: the cause, for the list of reported gaps; only read if the reply means a gap.
   */
  subscribed(reply: SubscribeReply, asked?: Position, notice: Notice = UNTOLD): void {
    const isFirst = this.entries.length === 0;
    this.isOpen = true;
    if (!reply.recovered) return this.#start(reply, isFirst ? undefined : notice);
    if (isFirst) this.#start(asked ?? reply, undefined);
    // Another generation may begin at any offset.
    if (this.#enter(this.history.generation(reply.epoch))) this.#run = undefined;
    return undefined;
  }

  /** A publication was delivered. Its epoch is that of the last subscribe reply. */
  delivered(offset: number, token: Token): void {
    const generation = this.#generation;
    if (generation === undefined) throw new Error(`${this.subscriber} was given something unasked`);
    if (this.#run?.to === offset - 1) this.#run.to = offset;
    else {
      this.#run = { kind: 'run', generation, from: offset, to: offset };
      this.entries.push(this.#run);
    }
    this.history.observe(generation, offset, token);
  }

  /** The subscriber has left: nothing more must be delivered. */
  left(): void {
    this.isOpen = false;
  }

  /** The epoch and offset of the last delivery, or of the last start if there was none since. */
  get last(): Place | undefined {
    const entry = this.entries.at(-1);
    if (entry === undefined) return undefined;
    return { generation: entry.generation, offset: entry.kind === 'run' ? entry.to : entry.offset };
  }

  /** Describes all events as text. */
  describe(): string {
    const words = this.entries.map((entry) => {
      const { epoch } = entry.generation;
      if (entry.kind === 'run') return `${epoch}/${entry.from}..${entry.to}`;
      const { notice } = entry;
      return `start ${epoch}/${entry.offset}${notice ? ` (${notice.cause} ${notice.atMs})` : ''}`;
    });
    return `${this.subscriber}: ${words.join(', ')}`;
  }

  /** True if the generation has changed. */
  #enter(generation: KnownGeneration): boolean {
    const before = this.#generation;
    this.#generation = generation;
    if (before !== undefined && before !== generation) this.history.follow(before, generation);
    return before !== generation;
  }

  #start({ epoch, offset }: Position, notice: Notice | undefined): void {
    const generation = this.history.generation(epoch);
    this.#enter(generation);
    this.#run = { kind: 'run', generation, from: offset + 1, to: offset };
    this.entries.push({ kind: 'start', generation, offset, notice }, this.#run);
  }
}
