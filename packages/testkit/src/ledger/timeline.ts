import type { KnownGeneration, Token } from './known-generation.js';

/** A channel's accepted publications, numbered 0, 1, 2… in order, over all of its generations. */
export class Timeline {
  /** For each generation, the number of publications before it, and its offsets in order. */
  readonly #generations = new Map<
    KnownGeneration,
    { readonly base: number; readonly offsets: number[] }
  >();
  readonly #indexes = new Map<Token, number>();
  readonly tokens: readonly Token[];

  /** Generations in their order, each with its accepted publications in order. */
  constructor(byLife: ReadonlyMap<KnownGeneration, readonly (readonly [number, Token])[]>) {
    let base = 0;
    for (const [generation, entries] of byLife) {
      this.#generations.set(generation, { base, offsets: entries.map(([offset]) => offset) });
      base += entries.length;
    }
    this.tokens = [...byLife.values()].flatMap((entries) => entries.map(([, token]) => token));
    for (const [index, token] of this.tokens.entries()) this.#indexes.set(token, index);
  }

  get length(): number {
    return this.tokens.length;
  }

  indexOf(token: Token): number | undefined {
    return this.#indexes.get(token);
  }

  /** The number of accepted publications up to and including this position. */
  countUpTo(generation: KnownGeneration, offset: number): number {
    const { base, offsets } = this.#generations.get(generation) ?? {
      base: this.length,
      offsets: [],
    };
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((offsets[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return base + low;
  }
}
