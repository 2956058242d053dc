import type { Position } from '@newswire/protocol';
import type { RedisNames } from './redis-names.js';

/**
 * A publisher's knowledge of one channel. It is used to find out whether a new data set of Redis has
 * lost publications. A bound that is too high only causes a false alarm; no bound may be too low.
 * The knowledge is correct only while no other process publishes to the channel.
 */
export class KnownChannel {
  /** The channel's keys, computed once. */
  readonly metaKey: string;
  readonly logKey: string;
  /** The epoch of the last answered publication; empty before the first one. */
  epoch = '';
  #acked = 0;
  #inFlight = 0;
  /** Failed publications that may have taken effect, or may still do so: their connection broke. */
  #unsettled: number;
  /** The data set to which these were sent, and the number of those sent to earlier data sets. */
  #identity: string;
  #unsettledBefore = 0;

  constructor(channel: string, names: RedisNames, identity: string, unsettled: number) {
    this.metaKey = names.metaKey(channel);
    this.logKey = names.logKey(channel);
    this.#identity = identity;
    this.#unsettled = unsettled;
  }

  /** The number of publications that may take effect although their answer is unknown. */
  get outstanding(): number {
    return this.#inFlight + this.#unsettled + this.#unsettledBefore;
  }

  /**
   * Counts one more publication in flight. Returns the argument for publish.lua: the epoch, the
   * highest offset answered by the time the publication takes effect, and the highest offset ever
   * assigned.
   */
  begin(): string {
    const upper = this.#acked + this.outstanding;
    // Publications in flight may take effect after unsettled ones.
    const acked = this.#inFlight === 0 ? this.#acked : upper;
    this.#inFlight++;
    return this.epoch === '' ? '' : `${this.epoch} ${acked} ${upper}`;
  }

  /** The publication got this position. */
  settle({ epoch, offset }: Position, identity: string): void {
    this.#inFlight--;
    this.#moveTo(identity);
    // Publications to an earlier data set now have lower offsets than this one, or an earlier
    // epoch.
    this.#unsettledBefore = 0;
    if (epoch !== this.epoch) this.#acked = 0;
    this.epoch = epoch;
    this.#acked = Math.max(this.#acked, offset);
  }

  /**
   * The publication got this position in an earlier call. This counts only if a new publication was
   * answered in the same epoch: otherwise another publisher may have received higher offsets.
   */
  recall({ epoch, offset }: Position): void {
    this.#inFlight--;
    if (epoch === this.epoch) this.#acked = Math.max(this.#acked, offset);
  }

  /** The publication did not take effect and never will. */
  withdraw(): void {
    this.#inFlight--;
  }

  /** The publication may have taken effect, or may still do so. */
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

/** A publisher's knowledge of at least the `maxChannels` channels that it published to last. */
export class KnownPositions {
  readonly #names: RedisNames;
  readonly #maxChannels: number;
  /**
   * Two generations of entries: a lookup of a recent channel costs one map access and moves no
   * entry.
   */
  #young = new Map<string, KnownChannel>();
  #old = new Map<string, KnownChannel>();
  /**
   * The highest `outstanding` of all forgotten channels. A channel that seems new begins with it,
   * because it may be one of them.
   */
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
