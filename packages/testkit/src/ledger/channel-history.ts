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
  /** Delivered to subscribers although no publisher received a success reply. Allowed. */
  readonly unanswered: number;
  /** Delivered again at another position, after a failed attempt and a retry. Allowed. */
  readonly repeated: number;
  /** Positions with two publications, or publications with two positions. */
  readonly conflicts: readonly string[];
}

/**
 * The events of one channel. Generations are ordered as subscribers passed through them, otherwise
 * by the order in which they were first reported. So report answers and replies to the ledger in
 * the order in which they arrive.
 */
export class ChannelHistory {
  readonly name: string;
  readonly #generations = new Map<string, KnownGeneration>();
  readonly #accepted = new Map<Token, Place>();
  readonly #failed = new Set<Token>();
  readonly #conflicts = new Set<string>();
  readonly #order = new GenerationOrder<KnownGeneration>();
  #top: Place | undefined;
  /** Valid until something new is reported. */
  #timeline: Timeline | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** A publisher received the position of its publication. */
  accept(token: Token, { epoch, offset }: Position): void {
    const generation = this.generation(epoch);
    const known = this.#accepted.get(token);
    if (known !== undefined && (known.generation !== generation || known.offset !== offset)) {
      this.#conflicts.add(`${token} answered ${formatPlace(known)} and ${epoch}/${offset}`);
      return;
    }
    this.#accepted.set(token, { generation, offset });
    this.#timeline = undefined;
    this.observe(generation, offset, token);
  }

  /** An attempt to publish had an error or no answer. It may have been published. */
  fail(token: Token): void {
    this.#failed.add(token);
  }

  /** A subscriber received this publication. */
  observe(generation: KnownGeneration, offset: number, token: Token): void {
    const known = generation.tokens.get(offset);
    if (known === token) return;
    if (known === undefined) this.#discover(generation, offset, token);
    else this.#conflicts.add(`${generation.epoch}/${offset} is ${known} and ${token}`);
  }

  /** The last publication that was reported. */
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

  /** A subscriber passed from one generation to another. */
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

  /** All accepted publications known so far, in the channel's order. */
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
          const where = acceptance === undefined ? 'by nobody' : `at ${formatPlace(acceptance)}`;
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

  /** Describes everything known as text, to find the cause of a fault. */
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

function formatPlace({ generation, offset }: Place): string {
  return `${generation.epoch}/${offset}`;
}
