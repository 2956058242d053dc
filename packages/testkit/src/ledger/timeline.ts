import type { KnownLife, Token } from './known-life.js';

/** A channel's accepted publications, numbered 0, 1, 2… in order, over all of its lives. */
export class Timeline {
  /** How many there are before each life, and its offsets in order. */
  readonly #lives = new Map<KnownLife, { readonly base: number; readonly offsets: number[] }>();
  readonly #indexes = new Map<Token, number>();
  readonly tokens: readonly Token[];

  /** Lives in their order, each with its accepted publications in order. */
  constructor(byLife: ReadonlyMap<KnownLife, readonly (readonly [number, Token])[]>) {
    let base = 0;
    for (const [life, entries] of byLife) {
      this.#lives.set(life, { base, offsets: entries.map(([offset]) => offset) });
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

  /** How many accepted publications are at this position or before it. */
  countUpTo(life: KnownLife, offset: number): number {
    const { base, offsets } = this.#lives.get(life) ?? { base: this.length, offsets: [] };
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
