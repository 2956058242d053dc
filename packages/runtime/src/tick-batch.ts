/**
 * Collects items during a turn of the event loop and hands them on together once the turn is over:
 * inside a socket's handler, each write would be a system call of its own. An item that is added
 * twice is handed on once, in the place of its first addition. `tick-batch.bench.ts` shows what that
 * costs beside a plain list.
 */
export class TickBatch<T> {
  readonly #handle: (items: ReadonlySet<T>) => void;
  readonly #defer: (flush: () => void) => void;
  #items = new Set<T>();
  #done: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  /** `defer` runs a function once the current turn of the event loop is over. */
  constructor(
    handle: (items: ReadonlySet<T>) => void,
    defer: (flush: () => void) => void = setImmediate,
  ) {
    this.#handle = handle;
    this.#defer = defer;
  }

  add(item: T): void {
    if (this.#items.size === 0) this.#defer(() => this.#flush());
    this.#items.add(item);
  }

  /** Resolves once all items added so far were handed on. */
  get done(): Promise<void> {
    if (this.#items.size === 0) return Promise.resolve();
    return (this.#done ??= new Promise((resolve) => {
      this.#resolve = resolve;
    }));
  }

  #flush(): void {
    const items = this.#items;
    const resolve = this.#resolve;
    this.#items = new Set();
    this.#done = this.#resolve = undefined;
    this.#handle(items);
    resolve?.();
  }
}
