import type { Logger } from '@newswire/runtime';

/** Between two lines on one topic. */
const INTERVAL_MS = 10_000;

/** Writes what clients can cause to the log, at most one line on each topic in ten seconds. */
export class BoundedLog {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  readonly #now: () => number;
  readonly #nextMs = new Map<string, number>();

  constructor(logger: Pick<Logger, 'info' | 'warn'>, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  /** False if the topic had a line a moment ago. Topics are fixed words, never a client's. */
  warn(topic: string, message: string): boolean {
    const nowMs = this.#now();
    if (nowMs < (this.#nextMs.get(topic) ?? -Infinity)) return false;
    this.#nextMs.set(topic, nowMs + INTERVAL_MS);
    this.#logger.warn(message);
    return true;
  }

  /** Reports that the circuit breaker of `name` opens, and if that was reported, that it closes. */
  breakerReports(name: string): (isOpen: boolean, message: string) => void {
    let isReported = false;
    return (isOpen, message) => {
      if (isOpen) isReported = this.warn(`${name} breaker`, message) || isReported;
      else if (isReported) {
        isReported = false;
        this.#logger.info(message);
      }
    };
  }
}
