/** After a rest a connection may send the commands of so many seconds at once. */
const BURST_S = 10;

/** A command, in what the bucket is filled with each ms for each command a second: whole numbers. */
const COMMAND = 1000;

/** How many commands one connection may send: a token bucket. */
export class CommandRateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #filledMs: number;

  /** `extra`: so many commands more at once, such as for all subscriptions of a client that comes. */
  constructor(perSecond: number, extra: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = this.#left = (perSecond * BURST_S + extra) * COMMAND;
    this.#filledMs = nowMs;
  }

  /**
   * `refuse`: there are too many commands. `close`: it was refused a whole burst of them, and goes
   * on nevertheless.
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
