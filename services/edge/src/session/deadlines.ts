interface Deadline {
  readonly dueMs: number;
  readonly act: () => void;
}

/** Calls a function at a time, unless the deadline is replaced or cleared: one deadline per key. */
export class Deadlines {
  readonly #deadlines = new Map<object, Deadline>();

  /** `dueMs` is on the clock that is passed to `sweep`. Replaces the key's deadline. */
  set(key: object, dueMs: number, act: () => void): void {
    this.#deadlines.set(key, { dueMs, act });
  }

  clear(key: object): void {
    this.#deadlines.delete(key);
  }

  /** Calls the functions that are due. Called a few times a second. */
  sweep(nowMs: number): void {
    for (const [key, { dueMs, act }] of this.#deadlines) {
      if (dueMs > nowMs) continue;
      this.#deadlines.delete(key);
      act();
    }
  }
}
