import type { ProtocolError, SubscriptionStart } from '@newswire/protocol';

/** Collects the subscriptions for a connect reply as they begin. */
export class PendingConnect {
  /** Resolves when all have begun; rejects when one cannot begin. */
  readonly starts: Promise<readonly SubscriptionStart[]>;
  readonly #expected: number;
  #roomBytes: number;
  readonly #begun: SubscriptionStart[] = [];
  #resolve: (starts: readonly SubscriptionStart[]) => void = () => undefined;
  #reject: (error: ProtocolError) => void = () => undefined;

  /** `roomBytes`: for the publications of all subscriptions together. */
  constructor(expected: number, roomBytes: number) {
    this.#expected = expected;
    this.#roomBytes = roomBytes;
    this.starts = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Takes this many bytes of the room. Returns false, and takes none, if fewer are left. */
  takeRoom(bytes: number): boolean {
    if (bytes > this.#roomBytes) return false;
    this.#roomBytes -= bytes;
    return true;
  }

  handleBegun(start: SubscriptionStart): void {
    this.#begun.push(start);
    if (this.#begun.length === this.#expected) this.#resolve(this.#begun);
  }

  handleRefused(error: ProtocolError): void {
    this.#reject(error);
  }
}
