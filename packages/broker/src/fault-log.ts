import { performance } from 'node:perf_hooks';
import type { LinkLog } from './broker-parts.js';

/** A fault that persists is logged again after this time. */
const REPEAT_MS = 30_000;

/** Maximum number of lines in that time, for a connection that is lost again and again. */
const MAX_LINES = 60;

/** Logs a fault immediately and, while it persists, every 30 s; at most 60 lines in 30 s. */
export class FaultLog {
  readonly #log: LinkLog;
  readonly #now: () => number;
  readonly #warned = new Set<string>();
  #periodEndsMs = -Infinity;
  #lines = 0;

  /** `now`: a clock in ms. */
  constructor(log: LinkLog, now = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Logs the sentence unless it was already logged in this period. */
  warn(sentence: string): void {
    this.#beginPeriod();
    if (this.#warned.has(sentence) || ++this.#lines > MAX_LINES) return;
    this.#warned.add(sentence);
    this.#log.warn(sentence);
  }

  /**
   * Logs a recovery. The next fault is logged immediately, even if it is the same as the last one.
   */
  info(sentence: string): void {
    this.#beginPeriod();
    this.forget();
    if (++this.#lines <= MAX_LINES) this.#log.info(sentence);
  }

  /** The next warning is logged even if it is the same as the last one. */
  forget(): void {
    this.#warned.clear();
  }

  #beginPeriod(): void {
    const nowMs = this.#now();
    if (nowMs < this.#periodEndsMs) return;
    this.#periodEndsMs = nowMs + REPEAT_MS;
    this.#lines = 0;
    this.forget();
  }
}
