/** Limits the number of concurrent calls. The others wait in order of arrival. */
export class Semaphore {
  #free: number;
  readonly #line = new Set<() => void>();

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Runs `work` when a place is free. Rejects with the signal's reason if the signal aborts first.
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#line.delete(enter);
        reject(signal.reason as Error);
      };
      this.#line.add(enter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Gives the place to the call that has waited longest, or frees it. */
  #leave(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#line.delete(next);
    next();
  }
}
