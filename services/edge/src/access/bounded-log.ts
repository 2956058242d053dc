import type { Logger } from '@newswire/runtime';

/** The minimum time between two log lines on one topic. */
const INTERVAL_MS = 10_000;

/** Logs events that clients can cause: at most one line on each topic in ten seconds. */
export class BoundedLog {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  readonly #now: () => number;
  readonly #nextMs = new Map<string, number>();

  constructor(logger: Pick<Logger, 'info' | 'warn'>, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * Returns false if the topic logged a line within that time. Topics are fixed words, never a
   * client's text.
   */
  warn(topic: string, message: string): boolean {
    const nowMs = this.#now();
    if (nowMs < (this.#nextMs.get(topic) ?? -Infinity)) return false;
    this.#nextMs.set(topic, nowMs + INTERVAL_MS);
    this.#logger.warn(message);
    return true;
  }

  /**
   * Returns a callback that logs when the circuit breaker of `name` opens. It logs that the breaker
   * closes only if it logged the opening.
   */
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
