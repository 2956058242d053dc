interface Deadline {
  readonly dueMs: number;
  readonly act: () => void;
}

/** What happens to somebody at a time, unless it is put off: one deadline for each key. */
export class Deadlines {
  readonly #deadlines = new Map<object, Deadline>();

  /** In ms, on the clock that `sweep` is called by. Replaces the key's deadline. */
  set(key: object, dueMs: number, act: () => void): void {
    this.#deadlines.set(key, { dueMs, act });
  }

  clear(key: object): void {
    this.#deadlines.delete(key);
  }

  /** Does what is due. Called a few times a second. */
  sweep(nowMs: number): void {
    for (const [key, { dueMs, act }] of this.#deadlines) {
      if (dueMs > nowMs) continue;
      this.#deadlines.delete(key);
      act();
    }
  }
}
