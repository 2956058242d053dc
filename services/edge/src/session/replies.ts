import {
  type Frame,
  isOver,
  type JsonLine,
  type Position,
  type Protocol,
  ProtocolError,
  type Publication,
  type Reply,
  type SubscriptionStart,
} from '@newswire/protocol';
import type { Connection } from '@newswire/transport';
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
    members: grant.members,
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

/** The part of a session that sending its replies needs. */
export interface ReplyingSession {
  readonly connection: Pick<Connection, 'send'>;
  readonly protocol: Protocol;
  /** Returns '' if nothing is to be sent, and undefined if the protocol has no such reply. */
  encode(reply: Reply): Frame | undefined;
  refuse(id: number, error: ProtocolError): void;
}

/**
 * Replies that are ready later than their commands. Those of one tick are sent together: otherwise
 * a client that sends many publications in one frame would cost a write to the kernel for each.
 */
export class ReplyBatch {
  readonly #maxMessageBytes: number;
  readonly #defer: (flush: () => void) => void;
  readonly #waiting = new Map<ReplyingSession, Frame[]>();

  /**
   * Replies are sent together in messages of at most `maxMessageBytes`. `defer` runs a function
   * once the current turn of the event loop is over.
   */
  constructor(maxMessageBytes: number, defer: (flush: () => void) => void = setImmediate) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#defer = defer;
  }

  /**
   * Sends the reply at the end of this tick. A reply that is longer than a message is refused with
   * error 106.
   */
  add(session: ReplyingSession, id: number, reply: Reply): void {
    const frame = session.encode(reply);
    if (frame === undefined || frame.length === 0) return undefined;
    if (!isOver(frame, this.#maxMessageBytes)) return this.#addFrame(session, frame);
    const detail = `the answer has more than ${this.#maxMessageBytes} bytes`;
    return session.refuse(id, new ProtocolError('limitExceeded', detail));
  }

  #addFrame(session: ReplyingSession, frame: Frame): void {
    if (this.#waiting.size === 0) this.#defer(() => this.#flushAll());
    const frames = this.#waiting.get(session);
    if (frames === undefined) this.#waiting.set(session, [frame]);
    else frames.push(frame);
  }

  /** Sends this session's waiting replies now, such as before its connection is closed. */
  flush(session: ReplyingSession): void {
    const frames = this.#waiting.get(session);
    if (frames === undefined) return;
    this.#waiting.set(session, []);
    this.#send(session, frames);
  }

  #flushAll(): void {
    for (const [session, frames] of this.#waiting) this.#send(session, frames);
    this.#waiting.clear();
  }

  #send({ connection, protocol }: ReplyingSession, frames: readonly Frame[]): void {
    connection.send(...protocol.codec.joinFrames(frames, this.#maxMessageBytes));
  }
}
