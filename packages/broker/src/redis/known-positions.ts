import type { Position } from '@newswire/protocol';
import type { RedisNames } from './redis-names.js';

/**
 * What a publisher knows of one channel. It is what tells, when Redis has another data set, whether
 * that holds everything: every bound may be too high, none may be too low. Right only while nobody
 * else publishes to the channel.
 */
export class KnownChannel {
  /** The channel's keys, made once. */
  readonly metaKey: string;
  readonly logKey: string;
  /** Of the last publication that was answered; empty before there was one. */
  epoch = '';
  #acked = 0;
  #inFlight = 0;
  /** Publications that failed and may have happened, or may happen yet: their connection broke. */
  #unsettled: number;
  /** The data set that those were sent to, and how many there were in earlier ones. */
  #identity: string;
  #unsettledBefore = 0;

  constructor(channel: string, names: RedisNames, identity: string, unsettled: number) {
    this.metaKey = names.metaKey(channel);
    this.logKey = names.logKey(channel);
    this.#identity = identity;
    this.#unsettled = unsettled;
  }

  /** How many publications may take effect without their answer being known yet. */
  get outstanding(): number {
    return this.#inFlight + this.#unsettled + this.#unsettledBefore;
  }

  /**
   * One more publication is on its way. Answers what publish.lua is told: the epoch, the highest
   * offset answered by the time it takes effect, and the highest that was ever handed out.
   */
  begin(): string {
    const upper = this.#acked + this.outstanding;
    // What is in flight may have to come after what is unsettled.
    const acked = this.#inFlight === 0 ? this.#acked : upper;
    this.#inFlight++;
    return this.epoch === '' ? '' : `${this.epoch} ${acked} ${upper}`;
  }

  /** It was given this position now. */
  settle({ epoch, offset }: Position, identity: string): void {
    this.#inFlight--;
    this.#moveTo(identity);
    // What was sent to an earlier data set is below this offset by now, or in an earlier epoch.
    this.#unsettledBefore = 0;
    if (epoch !== this.epoch) this.#acked = 0;
    this.epoch = epoch;
    this.#acked = Math.max(this.#acked, offset);
  }

  /**
   * It had been given this position before. Only where a new publication was answered in the same
   * epoch does that say anything: otherwise higher ones may have been answered to somebody else.
   */
  recall({ epoch, offset }: Position): void {
    this.#inFlight--;
    if (epoch === this.epoch) this.#acked = Math.max(this.#acked, offset);
  }

  /** It did not happen, and never will. */
  withdraw(): void {
    this.#inFlight--;
  }

  /** It may have happened, or may happen yet. */
  lose(identity: string): void {
    this.#inFlight--;
    this.#moveTo(identity);
    this.#unsettled++;
  }

  #moveTo(identity: string): void {
    if (identity === this.#identity) return;
    this.#identity = identity;
    this.#unsettledBefore += this.#unsettled;
    this.#unsettled = 0;
  }
}

/** What a publisher knows of at least the `maxChannels` channels it published to last. */
export class KnownPositions {
  readonly #names: RedisNames;
  readonly #maxChannels: number;
  /** Two generations: finding one costs a single look-up, and nothing has to be moved each time. */
  #young = new Map<string, KnownChannel>();
  #old = new Map<string, KnownChannel>();
  /** The most that any forgotten channel had outstanding: any new one may be that. */
  #forgotten = 0;

  constructor(names: RedisNames, maxChannels = 100_000) {
    this.#names = names;
    this.#maxChannels = maxChannels;
  }

  of(channel: string, identity: string): KnownChannel {
    const young = this.#young.get(channel);
    if (young !== undefined) return young;
    if (this.#young.size >= this.#maxChannels) this.#age();
    const known =
      this.#old.get(channel) ?? new KnownChannel(channel, this.#names, identity, this.#forgotten);
    this.#old.delete(channel);
    this.#young.set(channel, known);
    return known;
  }

  #age(): void {
    for (const { outstanding } of this.#old.values()) {
      this.#forgotten = Math.max(this.#forgotten, outstanding);
    }
    this.#old = this.#young;
    this.#young = new Map();
  }
}
