/**
 * Puts generations in the order in which they followed one another. Who hears of them first is a good
 * guess, but answers overtake one another; what most subscribers were led from and to is a better
 * one.
 */
export class GenerationOrder<L> {
  readonly #generations: L[] = [];
  /** How many were led from the first generation to the second. */
  readonly #votes = new Map<L, Map<L, number>>();

  /** A generation is heard of for the first time. */
  add(generation: L): void {
    this.#generations.push(generation);
  }

  /** A subscriber was led from one generation to another. */
  vote(before: L, after: L): void {
    const votes = this.#votes.get(before) ?? new Map<L, number>();
    this.#votes.set(before, votes.set(after, (votes.get(after) ?? 0) + 1));
  }

  /** All generations, the first one first. */
  sorted(): readonly L[] {
    const rest = new Set(this.#generations);
    const sorted: L[] = [];
    while (rest.size > 0) {
      const next = this.#firstOf(rest);
      rest.delete(next);
      sorted.push(next);
    }
    return sorted;
  }

  /** The one heard of first of those that nothing has to come before; in a circle, of all. */
  #firstOf(rest: ReadonlySet<L>): L {
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
