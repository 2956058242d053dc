import type { Wire } from '@newswire/protocol';
import type { ReplyBatch } from './reply-batch.js';
import type { Deadlines } from './deadlines.js';
import type { Expiry } from './expiry.js';
import type { Session } from './session.js';
import type { PendingLimits } from './pending-commands.js';
import type { SessionCommands } from './session-commands.js';
import type { SessionConnect } from './session-connect.js';
import type { SessionRegistry } from './session-registry.js';
import type { SessionSubscriptions } from './session-subscriptions.js';
import type { SubscriptionNotifier } from './subscription-notifier.js';

/** What sessions share. */
export interface SessionContext {
  readonly connects: SessionConnect;
  readonly subscriptions: SessionSubscriptions;
  readonly notices: SubscriptionNotifier;
  readonly commands: SessionCommands;
  readonly answers: ReplyBatch;
  readonly registry: SessionRegistry;
  readonly deadlines: Deadlines;
  readonly expiry: Expiry;
  /** More are refused, see CommandRateLimiter; a client may ask for all its channels at once beside that. */
  readonly commandsPerSecond: number;
  readonly maxChannelsPerSession: number;
  /** What may wait until it is known who a client is. */
  readonly pendingLimits: PendingLimits;
  /** ReplyBatch that are longer, in UTF-8 bytes, are refused with error 106. */
  readonly maxMessageBytes: number;
  /** By when a client has to have said who it is, in ms after its connection has opened. */
  readonly connectTimeoutMs: number;
  /** The socket takes more, or the session may be served from now on. */
  handleDrain(session: Session): void;
  /** Told once, when the session is over for whatever reason. */
  handleClosed(session: Session, code: number): void;
  /** Told of what should never happen; the session is closed with 3004. */
  handleFault(error: unknown): void;
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** Picks the wire of a connection by its first frame. */
export type WireChoice = (firstFrame: string) => Wire;
