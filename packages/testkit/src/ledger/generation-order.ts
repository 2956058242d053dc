/**
 * Puts generations in the order in which they followed one another. The order of first reports is a
 * good guess, but answers overtake one another. The transitions of most subscribers are a better
 * guess.
 */
export class GenerationOrder<L> {
  readonly #generations: L[] = [];
  /** How many subscribers passed from the first generation to the second. */
  readonly #votes = new Map<L, Map<L, number>>();

  /** A generation is reported for the first time. */
  add(generation: L): void {
    this.#generations.push(generation);
  }

  /** A subscriber passed from one generation to another. */
  vote(before: L, after: L): void {
    const votes = this.#votes.get(before) ?? new Map<L, number>();
    this.#votes.set(before, votes.set(after, (votes.get(after) ?? 0) + 1));
  }

  /** All generations, in order. */
  sorted(): readonly L[] {
    const rest = new Set(this.#generations);
    const sorted: L[] = [];
    while (rest.size > 0) {
      const next = this.#findFirst(rest);
      rest.delete(next);
      sorted.push(next);
    }
    return sorted;
  }

  /** The first reported generation of those without a predecessor; in a cycle, of all. */
  #findFirst(rest: ReadonlySet<L>): L {
    const all = [...rest];
    const free = all.find((generation) => !all.some((other) => this.#isBefore(other, generation)));
    return free ?? (all[0] as L);
  }

  #isBefore(a: L, b: L): boolean {
    return this.#count(a, b) > this.#count(b, a);
  }

  #count(before: L, after: L): number {
    return this.#votes.get(before)?.get(after) ?? 0;
  }
}
