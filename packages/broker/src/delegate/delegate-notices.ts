import type { LinkLog } from '../broker-parts.js';

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
