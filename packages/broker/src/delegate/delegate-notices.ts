/** Where a broker's links tell what happens to them; a logger is one. No secret gets there. */
export interface LinkLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/** Passes a warning on once, until something else is told. */
export class Notices {
  readonly #log: LinkLog;
  #last: string | undefined;

  constructor(log: LinkLog) {
    this.#log = log;
  }

  warn(sentence: string): void {
    if (sentence !== this.#last) this.#log.warn(sentence);
    this.#last = sentence;
  }

  info(sentence: string): void {
    this.#last = undefined;
    this.#log.info(sentence);
  }

  /** The next warning is told even if it is the last one again. */
  forget(): void {
    this.#last = undefined;
  }
}
