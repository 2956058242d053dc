import type { Position } from '@newswire/protocol';
import type { KnownGeneration, Token } from './known-generation.js';
import { GenerationOrder } from './generation-order.js';
import { Timeline } from './timeline.js';

/** A position, with its generation. */
export interface Place {
  readonly generation: KnownGeneration;
  readonly offset: number;
}

export interface ChannelVerdict {
  readonly channel: string;
  readonly accepted: number;
  readonly generations: number;
  /** Seen by subscribers although no publisher was ever told of success. Allowed. */
  readonly unanswered: number;
  /** Seen a second time at another position, after an attempt that failed and a retry. Allowed. */
  readonly repeated: number;
  /** Positions that stand for two publications, or publications that have two positions. */
  readonly conflicts: readonly string[];
}

/**
 * What happened on one channel. Generations are put in the order in which subscribers were led through
 * them, and else in the order in which anybody first heard of them: tell the ledger of answers and
 * replies as they come.
 */
export class ChannelHistory {
  readonly name: string;
  readonly #generations = new Map<string, KnownGeneration>();
  readonly #accepted = new Map<Token, Place>();
  readonly #failed = new Set<Token>();
  readonly #conflicts = new Set<string>();
  readonly #order = new GenerationOrder<KnownGeneration>();
  #top: Place | undefined;
  /** Until something new is heard. */
  #timeline: Timeline | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** A publisher was answered with the position of its publication. */
  accept(token: Token, { epoch, offset }: Position): void {
    const generation = this.generation(epoch);
    const known = this.#accepted.get(token);
    if (known !== undefined && (known.generation !== generation || known.offset !== offset)) {
      this.#conflicts.add(`${token} answered ${placeOf(known)} and ${epoch}/${offset}`);
      return;
    }
    this.#accepted.set(token, { generation, offset });
    this.#timeline = undefined;
    this.observe(generation, offset, token);
  }

  /** An attempt to publish was answered with an error, or not at all: it may have happened. */
  fail(token: Token): void {
    this.#failed.add(token);
  }

  /** A subscriber was given this publication. */
  observe(generation: KnownGeneration, offset: number, token: Token): void {
    const known = generation.tokens.get(offset);
    if (known === token) return;
    if (known === undefined) this.#discover(generation, offset, token);
    else this.#conflicts.add(`${generation.epoch}/${offset} is ${known} and ${token}`);
  }

  /** The last publication that anybody has heard of. */
  get top(): Place | undefined {
    return this.#top;
  }

  generation(epoch: string): KnownGeneration {
    const known = this.#generations.get(epoch);
    if (known !== undefined) return known;
    const generation: KnownGeneration = { epoch, heard: this.#generations.size, tokens: new Map() };
    this.#generations.set(epoch, generation);
    this.#order.add(generation);
    this.#timeline = undefined;
    return generation;
  }

  /** A subscriber was led from one generation to another. */
  follow(before: KnownGeneration, after: KnownGeneration): void {
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
    for (const generation of this.#generations.values()) {
      for (const [offset, token] of generation.tokens) {
        const acceptance = this.#accepted.get(token);
        if (acceptance?.generation === generation && acceptance.offset === offset) continue;
        if (!this.#failed.has(token)) {
          const where = acceptance === undefined ? 'by nobody' : `at ${placeOf(acceptance)}`;
          conflicts.push(
            `${token} came at ${generation.epoch}/${offset}, but was published ${where}`,
          );
        } else if (acceptance === undefined) unanswered++;
        else repeated++;
      }
    }
    const { acceptedCount: accepted, name: channel } = this;
    return {
      channel,
      accepted,
      generations: this.#generations.size,
      unanswered,
      repeated,
      conflicts,
    };
  }

  /** Everything known, in words, for whoever looks for the reason of a fault. */
  describe(): string[] {
    return [...this.#generations.values()].map(({ epoch, tokens }) => {
      const words = [...tokens]
        .toSorted(([a], [b]) => a - b)
        .map(([offset, token]) => {
          const place = this.#accepted.get(token);
          const isHere = place?.generation.epoch === epoch && place.offset === offset;
          return `${offset}=${token}${isHere ? '' : '?'}${this.#failed.has(token) ? '*' : ''}`;
        });
      return `${epoch}: ${words.join(' ')}`;
    });
  }

  #sort(): Timeline {
    const byLife = new Map(
      this.#order.sorted().map((generation) => [generation, [] as [number, Token][]]),
    );
    for (const [token, { generation, offset }] of this.#accepted)
      byLife.get(generation)?.push([offset, token]);
    for (const entries of byLife.values()) entries.sort(([a], [b]) => a - b);
    return new Timeline(byLife);
  }

  #discover(generation: KnownGeneration, offset: number, token: Token): void {
    generation.tokens.set(offset, token);
    const place = { generation, offset };
    if (this.#top === undefined || isAfter(place, this.#top)) this.#top = place;
  }
}

function isAfter(place: Place, { generation, offset }: Place): boolean {
  return place.generation === generation
    ? place.offset > offset
    : place.generation.heard > generation.heard;
}

function placeOf({ generation, offset }: Place): string {
  return `${generation.epoch}/${offset}`;
}
