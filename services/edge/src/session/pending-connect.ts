import type { ProtocolError, SubscriptionStart } from '@newswire/protocol';

/** The subscriptions that a client is told of with the answer to its `connect`, as they begin. */
export class PendingConnect {
  /** Resolves when all have begun; rejects when one cannot. */
  readonly starts: Promise<readonly SubscriptionStart[]>;
  readonly #expected: number;
  #roomBytes: number;
  readonly #begun: SubscriptionStart[] = [];
  #resolve: (starts: readonly SubscriptionStart[]) => void = () => undefined;
  #reject: (error: ProtocolError) => void = () => undefined;

  /** `roomBytes`: for publications, of all of them together. */
  constructor(expected: number, roomBytes: number) {
    this.#expected = expected;
    this.#roomBytes = roomBytes;
    this.starts = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether there is room for so many bytes more, which are then taken. */
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
