/** A part that buffers its output. */
export interface Flushable {
  flush(): void;
}

/** Flushes each added part once, at the end of the tick. */
export class TickFlusher {
  readonly #waiting = new Set<Flushable>();
  #done: Promise<void> | undefined;

  add(flushable: Flushable): void {
    this.#waiting.add(flushable);
    this.#done ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#flush();
        resolve();
      });
    });
  }

  /** Resolves once all parts added so far are flushed. */
  get done(): Promise<void> {
    return this.#done ?? Promise.resolve();
  }

  #flush(): void {
    this.#done = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const flushable of waiting) flushable.flush();
  }
}
