/** What one client heard, in its order. */
export type Heard =
  | { readonly kind: 'message'; readonly number: number; readonly atMs: number }
  | {
      readonly kind: 'subscribed';
      /** What the server said: that nothing was missed since the client was last subscribed. */
      readonly isWhole: boolean;
      /** The last number that had been handed to the server by then. */
      readonly begun: number;
      readonly atMs: number;
    };

export interface ClientVerdict {
  /** Owed, never came, and nobody told. */
  readonly lost: number;
  /** Owed, never came, and the client was told that something is missing there. */
  readonly told: number;
  readonly doubled: number;
  /** Came for the first time behind a later one. */
  readonly reordered: number;
  /** When it had, or was told to miss, all that was out when it was last subscribed; null: never. */
  readonly wholeAtMs: number | null;
}

interface ReportedGap {
  readonly after: number;
  readonly upTo: number;
  readonly atMs: number;
}

/** Reads through what a client heard; says nothing yet of what it should have heard. */
class Account {
  readonly firstAtMs = new Map<number, number>();
  doubled = 0;
  reordered = 0;
  /** Of the first subscription: nothing up to this number is owed. */
  from: number | undefined;
  lastSubscribed: { readonly begun: number; readonly atMs: number } | undefined;
  readonly #gaps: ReportedGap[] = [];
  /** Told, and what the client goes on with has not come yet: that ends the gap. */
  #open: ReportedGap | undefined;
  #highest = 0;

  subscribed({ isWhole, begun, atMs }: Heard & { readonly kind: 'subscribed' }): void {
    if (this.from === undefined) this.from = begun;
    else if (!isWhole) {
      this.#close();
      this.#open = { after: this.#highest, upTo: begun, atMs };
    }
    this.lastSubscribed = { begun, atMs };
  }

  message({ number, atMs }: Heard & { readonly kind: 'message' }): void {
    if (this.firstAtMs.has(number)) {
      this.doubled += 1;
      return;
    }
    this.firstAtMs.set(number, atMs);
    if (number < this.#highest) this.reordered += 1;
    else this.#close(number - 1);
    this.#highest = Math.max(this.#highest, number);
  }

  end(): void {
    this.#close();
  }

  /** When the client was told that this one is missing. */
  toldAtMs(number: number): number | undefined {
    return this.#gaps.find(({ after, upTo }) => after < number && number <= upTo)?.atMs;
  }

  #close(upTo = Infinity): void {
    if (this.#open) this.#gaps.push({ ...this.#open, upTo: Math.min(this.#open.upTo, upTo) });
    this.#open = undefined;
  }
}

function accountOf(heard: readonly Heard[]): Account {
  const account = new Account();
  for (const each of heard) {
    if (each.kind === 'message') account.message(each);
    else account.subscribed(each);
  }
  account.end();
  return account;
}

/**
 * Judges what one client heard. `taken`: the numbers, from 1 on, that the server took; owed are those from
 * behind the client's first subscription. What a telling covers ends before the first message behind it, and
 * at what had been published by then: whatever is missing later is lost.
 */
export function judge(heard: readonly Heard[], taken: ReadonlySet<number>): ClientVerdict {
  const account = accountOf(heard);
  const { from = 0, lastSubscribed } = account;
  let [lost, told] = [0, 0];
  let wholeAtMs = lastSubscribed?.atMs ?? null;
  for (const number of taken) {
    if (number <= from) continue;
    const atMs = account.firstAtMs.get(number) ?? account.toldAtMs(number);
    if (atMs === undefined) lost += 1;
    else if (!account.firstAtMs.has(number)) told += 1;
    if (number > (lastSubscribed?.begun ?? 0)) continue;
    wholeAtMs = atMs === undefined || wholeAtMs === null ? null : Math.max(wholeAtMs, atMs);
  }
  const { doubled, reordered } = account;
  return { lost, told, doubled, reordered, wholeAtMs };
}
