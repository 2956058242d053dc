/** After a pause, a connection may send the commands of this many seconds in one burst. */
const BURST_S = 10;

/**
 * The tokens of one command. The bucket gains one token per ms for each command per second: all
 * numbers stay whole.
 */
const COMMAND = 1000;

/** Limits the commands of one connection: a token bucket. */
export class CommandRateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #filledMs: number;

  /**
   * `extra`: how many more commands a burst may have, such as for all subscriptions of a client
   * that connects.
   */
  constructor(perSecond: number, extra: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = this.#left = (perSecond * BURST_S + extra) * COMMAND;
    this.#filledMs = nowMs;
  }

  /**
   * `refuse`: there are too many commands. `close`: a whole burst of commands was refused, and the
   * client still continues.
   */
  take(nowMs: number): 'obey' | 'refuse' | 'close' {
    const burst = this.#burst;
    const gained = (nowMs - this.#filledMs) * this.#perSecond;
    this.#left = Math.min(burst, this.#left + gained) - COMMAND;
    this.#filledMs = nowMs;
    if (this.#left >= 0) return 'obey';
    return this.#left < -burst ? 'close' : 'refuse';
  }
}
