/**
 * A channel whose position is behind is checked again after this time: the missing publications may
 * be on their way.
 */
const RECHECK_MS = 1000;

/**
 * When the position of one channel is compared with the broker's: a quiet channel may have missed a
 * publication unnoticed. Publications are missing if two comparisons in a row show it.
 */
export class PositionCheck {
  readonly #intervalMs: number;
  #dueMs: number;
  /** A publication has arrived since the last check, so the next one is unnecessary. */
  #hasProgressed = false;
  /** The last check found the position behind. The next one decides. */
  #isSuspect = false;

  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs;
    this.#dueMs = nowMs + intervalMs;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  /** The next publication of the log has arrived. */
  handleProgress(): void {
    this.#hasProgressed = true;
  }

  /** A check begins, and the next one is scheduled. False if a publication has arrived since. */
  begin(nowMs: number): boolean {
    const isQuiet = !this.#hasProgressed;
    this.#dueMs = nowMs + this.#intervalMs;
    this.#hasProgressed = false;
    return isQuiet;
  }

  /** The comparison that began at `nowMs` is done. True if publications are missing. */
  conclude(isUpToDate: boolean, nowMs: number): boolean {
    const isBehind = !isUpToDate && !this.#hasProgressed;
    const isMissing = isBehind && this.#isSuspect;
    this.#isSuspect = isBehind && !isMissing;
    if (this.#isSuspect) this.#dueMs = nowMs + RECHECK_MS;
    return isMissing;
  }
}
