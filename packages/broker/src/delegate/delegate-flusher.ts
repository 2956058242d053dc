/** Something that gathers what it sends. */
export interface Flushable {
  flush(): void;
}

/** Flushes, once and at the end of the tick, whatever has something to send. */
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

  /** Resolves once all that was added so far is flushed. */
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
