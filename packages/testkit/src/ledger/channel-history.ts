import type { Position } from '@newswire/protocol';
import type { KnownLife, Token } from './known-life.js';
import { LifeOrder } from './life-order.js';
import { Timeline } from './timeline.js';

/** A position, with its life. */
export interface Place {
  readonly life: KnownLife;
  readonly offset: number;
}

export interface ChannelVerdict {
  readonly channel: string;
  readonly accepted: number;
  readonly lives: number;
  /** Seen by subscribers although no publisher was ever told of success. Allowed. */
  readonly unanswered: number;
  /** Seen a second time at another position, after an attempt that failed and a retry. Allowed. */
  readonly repeated: number;
  /** Positions that stand for two publications, or publications that have two positions. */
  readonly conflicts: readonly string[];
}

/**
 * What happened on one channel. Lives are put in the order in which subscribers were led through
 * them, and else in the order in which anybody first heard of them: tell the ledger of answers and
 * replies as they come.
 */
export class ChannelHistory {
  readonly name: string;
  readonly #lives = new Map<string, KnownLife>();
  readonly #accepted = new Map<Token, Place>();
  readonly #failed = new Set<Token>();
  readonly #conflicts = new Set<string>();
  readonly #order = new LifeOrder<KnownLife>();
  #top: Place | undefined;
  /** Until something new is heard. */
  #timeline: Timeline | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** A publisher was answered with the position of its publication. */
  accept(token: Token, { epoch, offset }: Position): void {
    const life = this.life(epoch);
    const known = this.#accepted.get(token);
    if (known !== undefined && (known.life !== life || known.offset !== offset)) {
      this.#conflicts.add(`${token} answered ${placeOf(known)} and ${epoch}/${offset}`);
      return;
    }
    this.#accepted.set(token, { life, offset });
    this.#timeline = undefined;
    this.observe(life, offset, token);
  }

  /** An attempt to publish was answered with an error, or not at all: it may have happened. */
  fail(token: Token): void {
    this.#failed.add(token);
  }

  /** A subscriber was given this publication. */
  observe(life: KnownLife, offset: number, token: Token): void {
    const known = life.tokens.get(offset);
    if (known === token) return;
    if (known === undefined) this.#discover(life, offset, token);
    else this.#conflicts.add(`${life.epoch}/${offset} is ${known} and ${token}`);
  }

  /** The last publication that anybody has heard of. */
  get top(): Place | undefined {
    return this.#top;
  }

  life(epoch: string): KnownLife {
    const known = this.#lives.get(epoch);
    if (known !== undefined) return known;
    const life: KnownLife = { epoch, heard: this.#lives.size, tokens: new Map() };
    this.#lives.set(epoch, life);
    this.#order.add(life);
    this.#timeline = undefined;
    return life;
  }

  /** A subscriber was led from one life to another. */
  follow(before: KnownLife, after: KnownLife): void {
    this.#order.vote(before, after);
    this.#timeline = undefined;
  }

  hasFailed(token: Token): boolean {
    return this.#failed.has(token);
  }

  isAccepted(token: Token): boolean {
    return this.#accepted.has(token);
  }

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  /** All accepted publications as they are known now, in the channel's order. */
  timeline(): Timeline {
    return (this.#timeline ??= this.#sort());
  }

  verdict(): ChannelVerdict {
    const conflicts = [...this.#conflicts];
    let unanswered = 0;
    let repeated = 0;
    for (const life of this.#lives.values()) {
      for (const [offset, token] of life.tokens) {
        const acceptance = this.#accepted.get(token);
        if (acceptance?.life === life && acceptance.offset === offset) continue;
        if (!this.#failed.has(token)) {
          const where = acceptance === undefined ? 'by nobody' : `at ${placeOf(acceptance)}`;
          conflicts.push(`${token} came at ${life.epoch}/${offset}, but was published ${where}`);
        } else if (acceptance === undefined) unanswered++;
        else repeated++;
      }
    }
    const { acceptedCount: accepted, name: channel } = this;
    return { channel, accepted, lives: this.#lives.size, unanswered, repeated, conflicts };
  }

  /** Everything known, in words, for whoever looks for the reason of a fault. */
  describe(): string[] {
    return [...this.#lives.values()].map(({ epoch, tokens }) => {
      const words = [...tokens]
        .toSorted(([a], [b]) => a - b)
        .map(([offset, token]) => {
          const place = this.#accepted.get(token);
          const isHere = place?.life.epoch === epoch && place.offset === offset;
          return `${offset}=${token}${isHere ? '' : '?'}${this.#failed.has(token) ? '*' : ''}`;
        });
      return `${epoch}: ${words.join(' ')}`;
    });
  }

  #sort(): Timeline {
    const byLife = new Map(this.#order.sorted().map((life) => [life, [] as [number, Token][]]));
    for (const [token, { life, offset }] of this.#accepted) byLife.get(life)?.push([offset, token]);
    for (const entries of byLife.values()) entries.sort(([a], [b]) => a - b);
    return new Timeline(byLife);
  }

  #discover(life: KnownLife, offset: number, token: Token): void {
    life.tokens.set(offset, token);
    const place = { life, offset };
    if (this.#top === undefined || isAfter(place, this.#top)) this.#top = place;
  }
}

function isAfter(place: Place, { life, offset }: Place): boolean {
  return place.life === life ? place.offset > offset : place.life.heard > life.heard;
}

function placeOf({ life, offset }: Place): string {
  return `${life.epoch}/${offset}`;
}
