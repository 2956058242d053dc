import type { ProtocolError, SubscriptionStart } from '@newswire/protocol';

/** The subscriptions that a client is told of with the answer to its `connect`, as they begin. */
export class Opening {
  /** Resolves when all have begun; rejects when one cannot. */
  readonly starts: Promise<readonly SubscriptionStart[]>;
  readonly #expected: number;
  readonly #begun: SubscriptionStart[] = [];
  #resolve: (starts: readonly SubscriptionStart[]) => void = () => undefined;
  #reject: (error: ProtocolError) => void = () => undefined;

  constructor(expected: number) {
    this.#expected = expected;
    this.starts = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  handleBegun(start: SubscriptionStart): void {
    this.#begun.push(start);
    if (this.#begun.length === this.#expected) this.#resolve(this.#begun);
  }

  handleRefused(error: ProtocolError): void {
    this.#reject(error);
  }
}
