/**
 * Puts lives in the order in which they followed one another. Who hears of them first is a good
 * guess, but answers overtake one another; what most subscribers were led from and to is a better
 * one.
 */
export class LifeOrder<L> {
  readonly #lives: L[] = [];
  /** How many were led from the first life to the second. */
  readonly #votes = new Map<L, Map<L, number>>();

  /** A life is heard of for the first time. */
  add(life: L): void {
    this.#lives.push(life);
  }

  /** A subscriber was led from one life to another. */
  vote(before: L, after: L): void {
    const votes = this.#votes.get(before) ?? new Map<L, number>();
    this.#votes.set(before, votes.set(after, (votes.get(after) ?? 0) + 1));
  }

  /** All lives, the first one first. */
  sorted(): readonly L[] {
    const rest = new Set(this.#lives);
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
    const free = all.find((life) => !all.some((other) => this.#isBefore(other, life)));
    return free ?? (all[0] as L);
  }

  #isBefore(a: L, b: L): boolean {
    return this.#count(a, b) > this.#count(b, a);
  }

  #count(before: L, after: L): number {
    return this.#votes.get(before)?.get(after) ?? 0;
  }
}
