/** How a delivery stands to those before it. */
export type Verdict = 'next' | 'doubled' | 'reordered';

/**
 * Judges one subscriber's deliveries of one channel by their sequence numbers, which begin at 1.
 * A number jumped over is missing until it comes (then it was reordered) or the channel ends (then
 * it is lost). A number that was there before is doubled.
 */
export class SequenceLedger {
  received = 0;
  doubled = 0;
  reordered = 0;
  #next = 1;
  readonly #missing = new Set<number>();

  take(seq: number): Verdict {
    this.received += 1;
    if (seq < this.#next) return this.#takeLate(seq);
    for (let number = this.#next; number < seq; number += 1) this.#missing.add(number);
    this.#next = seq + 1;
    return 'next';
  }

  /** Items lost when the channel ended with `lastSeq`. */
  lost(lastSeq: number): number {
    return this.#missing.size + Math.max(0, lastSeq + 1 - this.#next);
  }

  #takeLate(seq: number): Verdict {
    if (this.#missing.delete(seq)) {
      this.reordered += 1;
      return 'reordered';
    }
    this.doubled += 1;
    return 'doubled';
  }
}
