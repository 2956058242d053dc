import { Ledger, type SubscriptionLog } from '@newswire/testkit';

const CHANNEL = 'recovery';
const EPOCH = 'run';

export interface ClientVerdict {
  /** Expected, never received, and not reported as a gap. */
  readonly lost: number;
  /** Expected, never received, and reported to the client as a gap. */
  readonly reported: number;
  readonly doubled: number;
  /** Received for the first time after a later one. */
  readonly reordered: number;
  /** When it had all that was published before its last subscription; null: never. */
  readonly wholeAtMs: number | null;
}

/**
 * Judges the clients of a recovery run with the testkit's ledger. The systems compared have different positions
 * or none, so a publication's number stands for its offset.
 */
export class RecoveryLedger {
  readonly #ledger = new Ledger();
  readonly #clients: ClientLog[] = [];

  /** The server took this publication. */
  accepted(number: number): void {
    this.#ledger.accepted(CHANNEL, number, { epoch: EPOCH, offset: number });
  }

  failed(number: number): void {
    this.#ledger.failed(CHANNEL, number);
  }

  get acceptedCount(): number {
    return this.#ledger.channel(CHANNEL).acceptedCount;
  }

  addClient(): ClientLog {
    const name = `client ${this.#clients.length + 1}`;
    const client = new ClientLog(this.#ledger.subscription(name, CHANNEL));
    this.#clients.push(client);
    return client;
  }

  /** Of each client. `settledAtMs`: a gap reported before this time stands without a message after it. */
  verdicts(settledAtMs = Infinity): ClientVerdict[] {
    for (const client of this.#clients) client.settleBefore(settledAtMs);
    return this.#ledger.verdict().subscriptions.map(({ lost, doubled, reordered, gaps }, i) => ({
      lost,
      reported: gaps.reduce((sum, { covered }) => sum + covered, 0),
      doubled,
      reordered,
      wholeAtMs: lost === 0 ? (this.#clients[i]?.caughtUpAtMs ?? null) : null,
    }));
  }
}

/** Messages and subscriptions of one client, in its order. */
export class ClientLog {
  subscriptions = 0;
  readonly #log: SubscriptionLog;
  readonly #arrivals = new Map<number, number>();
  #highest = 0;
  #last: { readonly begun: number; readonly atMs: number } | undefined;
  /** The last subscription begins again, after this number or the one before the next message. */
  #pendingStart: number | undefined;

  constructor(log: SubscriptionLog) {
    this.#log = log;
  }

  /** `begun`: the last number handed to the server by then. `isWhole`: the server says that nothing was missed. */
  subscribed(begun: number, isWhole: boolean, atMs: number): void {
    this.#settle();
    this.subscriptions += 1;
    this.#last = { begun, atMs };
    if (isWhole && this.subscriptions > 1) {
      this.#log.subscribed({ epoch: EPOCH, offset: begun, recovered: true });
    } else this.#pendingStart = begun;
  }

  received(number: number, atMs: number): void {
    if (this.subscriptions === 1 || number > this.#highest) this.#settle(number - 1);
    this.#highest = Math.max(this.#highest, number);
    if (!this.#arrivals.has(number)) this.#arrivals.set(number, atMs);
    this.#log.delivered(number, number);
  }

  settleBefore(atMs: number): void {
    if (this.#last && this.#last.atMs < atMs) this.#settle();
  }

  /** When the last message arrived that was published before the last subscription. */
  get caughtUpAtMs(): number | undefined {
    if (!this.#last) return undefined;
    const { begun, atMs } = this.#last;
    const missed = [...this.#arrivals].filter(([number]) => number <= begun);
    return missed.reduce((latest, [, arrivedAtMs]) => Math.max(latest, arrivedAtMs), atMs);
  }

  #settle(upTo = Infinity): void {
    if (this.#pendingStart === undefined) return;
    const offset = Math.min(this.#pendingStart, upTo);
    this.#pendingStart = undefined;
    this.#log.subscribed({ epoch: EPOCH, offset, recovered: false });
  }
}
