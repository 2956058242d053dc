/** How a delivery stands to those before it. */
export type Verdict = 'next' | 'doubled' | 'reordered';

/**
 * Judges one subscriber's deliveries of one channel by their numbers: offsets, or where the wire has
 * none, sequence numbers from the data. A number jumped over is missing until it comes (then it was
 * reordered) or the channel ends (then it is lost). A number that was there before is doubled.
 */
export class SequenceLedger {
  doubled = 0;
  reordered = 0;
  #next: number;
  readonly #missing = new Set<number>();

  /** `first`: the number that has to come first. */
  constructor(first = 1) {
    this.#next = first;
  }

  take(number: number): Verdict {
    if (number < this.#next) return this.#takeLate(number);
    for (let missing = this.#next; missing < number; missing += 1) this.#missing.add(missing);
    this.#next = number + 1;
    return 'next';
  }

  /** The highest number that came. */
  get highest(): number {
    return this.#next - 1;
  }

  /** Goes on at a later number, where the server has said that what is before it cannot come. */
  skipTo(next: number): void {
    this.#next = Math.max(this.#next, next);
  }

  /** What is lost when the channel ended with the number `last`. */
  lost(last: number): number {
    return this.#missing.size + Math.max(0, last + 1 - this.#next);
  }

  #takeLate(number: number): Verdict {
    if (this.#missing.delete(number)) {
      this.reordered += 1;
      return 'reordered';
    }
    this.doubled += 1;
    return 'doubled';
  }
}
