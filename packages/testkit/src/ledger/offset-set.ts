/** Whole numbers from `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A set of whole numbers, stored as disjoint ranges in ascending order: cheap if it has few holes.
 */
export class OffsetSet {
  #ranges: Range[] = [];

  /** Adds a range and returns the parts of it that are new. */
  add(from: number, to: number): Range[] {
    if (to < from) return [];
    const last = this.#ranges.at(-1);
    if (last === undefined || from > last.to) {
      this.#ranges.push({ from, to });
      return [{ from, to }];
    }
    const fresh = this.#outside(from, to);
    const merged = [...this.#ranges, ...fresh].toSorted((a, b) => a.from - b.from);
    this.#ranges = merged;
    return fresh;
  }

  remove(from: number, to: number): void {
    if (to < from) return;
    this.#ranges = this.#ranges.flatMap((range) => {
      if (range.to < from || range.from > to) return [range];
      const before = { from: range.from, to: from - 1 };
      const after = { from: to + 1, to: range.to };
      return [before, after].filter((part) => part.from <= part.to);
    });
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get size(): number {
    return this.#ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }

  #outside(from: number, to: number): Range[] {
    const fresh: Range[] = [];
    let next = from;
    for (const range of this.#ranges) {
      if (range.to < next) continue;
      if (range.from > to) break;
      if (range.from > next) fresh.push({ from: next, to: range.from - 1 });
      next = range.to + 1;
    }
    if (next <= to) fresh.push({ from: next, to });
    return fresh;
  }
}
