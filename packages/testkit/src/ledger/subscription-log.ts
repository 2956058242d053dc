import type { Position } from '@newswire/protocol';
import type { ChannelHistory, Place } from './channel-history.js';
import type { KnownGeneration, Token } from './known-generation.js';

/** A gap that the subscriber was told of: it knows that publications may be missing. */
export interface Notice {
  /** What led to it, in the caller's words. */
  readonly cause: string;
  readonly atMs: number;
}

/** From here on the subscriber is owed every publication: the end of the log when it subscribed. */
export interface Start {
  readonly kind: 'start';
  readonly generation: KnownGeneration;
  readonly offset: number;
  /** What was told, where it had subscribed before. */
  readonly notice: Notice | undefined;
}

/** Deliveries whose offsets rose by one. */
export interface Run {
  readonly kind: 'run';
  readonly generation: KnownGeneration;
  readonly from: number;
  to: number;
}

export type Entry = Start | Run;

/** A subscribe reply as the subscriber read it. */
export interface SubscribeReply extends Position {
  readonly recovered: boolean;
}

const UNTOLD: Notice = { cause: 'subscribed afresh', atMs: 0 };

/**
 * What one subscriber was told and given on one channel, in order. Deliveries are kept as runs of
 * offsets, so it stays small; whether they were right is judged at the end.
 */
export class SubscriptionLog {
  readonly subscriber: string;
  readonly history: ChannelHistory;
  readonly entries: Entry[] = [];
  /** Whether the subscriber is still owed what is published. */
  isOpen = false;
  #generation: KnownGeneration | undefined;
  #run: Run | undefined;

  constructor(subscriber: string, history: ChannelHistory) {
    this.subscriber = subscriber;
    this.history = history;
  }

  /**
   * The subscription is in force. `asked`: the position it was asked to recover from, if any.
   * `notice`: why, for the list of told gaps; only read where the reply means one.
   */
  subscribed(reply: SubscribeReply, asked?: Position, notice: Notice = UNTOLD): void {
    const isFirst = this.entries.length === 0;
    this.isOpen = true;
    if (!reply.recovered) return this.#start(reply, isFirst ? undefined : notice);
    if (isFirst) this.#start(asked ?? reply, undefined);
    // Another generation goes on at whatever offset it begins with.
    if (this.#enter(this.history.generation(reply.epoch))) this.#run = undefined;
    return undefined;
  }

  /** A publication came. Its epoch is the one of the last subscribe reply. */
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

  /** The subscriber has left: it is owed nothing from here on. */
  left(): void {
    this.isOpen = false;
  }

  /** The epoch and offset of the last delivery, or of the last start if nothing came since. */
  get last(): Place | undefined {
    const entry = this.entries.at(-1);
    if (entry === undefined) return undefined;
    return { generation: entry.generation, offset: entry.kind === 'run' ? entry.to : entry.offset };
  }

  /** Everything that happened, in words. */
  describe(): string {
    const words = this.entries.map((entry) => {
      const { epoch } = entry.generation;
      if (entry.kind === 'run') return `${epoch}/${entry.from}..${entry.to}`;
      const { notice } = entry;
      return `start ${epoch}/${entry.offset}${notice ? ` (${notice.cause} ${notice.atMs})` : ''}`;
    });
    return `${this.subscriber}: ${words.join(', ')}`;
  }

  /** True if it is another generation than before. */
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
