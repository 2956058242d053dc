import type {
  JsonLine,
  Position,
  ProtocolError,
  Publication,
  SubscriptionStart,
} from '@newswire/protocol';
import type { Subscription } from '../channel/subscription.js';
import type { RingPublication } from '../channel/ring.js';

/** The most bytes of a reply that lists publications or subscriptions, without the list. */
export const REPLY_BYTES = 1024;

/**
 * The most bytes of a listed publication, without its data and the fields that its publisher added.
 */
export const LISTED_BYTES = 48;

/**
 * The most bytes of a subscription in a reply, without its channel's name, data and publications.
 */
const START_BYTES = 320;

/** The most UTF-8 bytes that a subscription takes in a reply, without its publications. */
export function startBytes(channel: string, data: JsonLine | undefined): number {
  return START_BYTES + channel.length + (data === undefined ? 0 : Buffer.byteLength(data));
}

/**
 * The most UTF-8 bytes that these publications take in a reply. `asStrings`: the reply has their
 * data as JSON strings. At most this doubles JSON text on one line, because only quotes,
 * backslashes and tabs are escaped.
 */
export function listedBytes(publications: readonly RingPublication[], asStrings: boolean): number {
  let bytes = 0;
  for (const each of publications) bytes += LISTED_BYTES + (asStrings ? 2 : 1) * each.bytes;
  return bytes;
}

/** Describes to a client where its subscription begins. `ttlS`: seconds until it ends. */
export function describeStart(
  { channel, since, terms, grant }: Subscription,
  position: Position,
  recovered: boolean,
  publications: readonly Publication[],
  ttlS: number | undefined,
): SubscriptionStart {
  const positioned = terms.isOnlyPositioned ? 'positioned' : 'recoverable';
  return {
    channel: channel.name,
    position,
    positioning: terms.recovery ? positioned : 'none',
    wasRecovering: since.type === 'position',
    recovered,
    publications,
    hasDelta: terms.hasDelta,
    data: grant.data,
    ttlS,
  };
}

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
