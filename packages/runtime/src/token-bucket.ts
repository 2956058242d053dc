/** One token is 1000 parts, so that the bucket gains whole parts in whole milliseconds. */
const PARTS = 1000;

/**
 * A token bucket: it is full at first, holds up to `burst` tokens and gains `perSecond` tokens a
 * second. Times are in ms, from any clock that never goes back.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #fullParts: number;
  #parts: number;
  #filledAtMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#fullParts = this.#parts = burst * PARTS;
    this.#filledAtMs = nowMs;
  }

  /** Takes tokens if there are enough. Returns whether it did. */
  take(nowMs: number, count = 1): boolean {
    this.#fill(nowMs);
    if (this.#parts < count * PARTS) return false;
    this.#parts -= count * PARTS;
    return true;
  }

  /** Takes tokens even if there are too few. Returns what is left, which may be less than 0. */
  overdraw(nowMs: number, count = 1): number {
    this.#fill(nowMs);
    this.#parts -= count * PARTS;
    return this.#parts / PARTS;
  }

  /** Returns tokens that were taken for something that does not count. */
  giveBack(count = 1): void {
    this.#parts = Math.min(this.#fullParts, this.#parts + count * PARTS);
  }

  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#parts === this.#fullParts;
  }

  #fill(nowMs: number): void {
    const gained = (nowMs - this.#filledAtMs) * this.#perSecond;
    this.#parts = Math.min(this.#fullParts, this.#parts + gained);
    this.#filledAtMs = nowMs;
  }
}
