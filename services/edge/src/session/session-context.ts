import type { Wire } from '@newswire/protocol';
import type { ReplyBatch } from './reply-batch.js';
import type { Deadlines, Expiry } from './expiry.js';
import type { Session } from './session.js';
import type { PendingLimits } from './pending-commands.js';
import type { SessionCommands } from './session-commands.js';
import type { SessionConnect } from './session-connect.js';
import type { SessionRegistry } from './session-registry.js';
import type { SessionSubscriptions } from './session-subscriptions.js';
import type { SubscriptionNotifier } from './subscription-notifier.js';

/** The dependencies that all sessions share. */
export interface SessionContext {
  readonly connects: SessionConnect;
  readonly subscriptions: SessionSubscriptions;
  readonly notices: SubscriptionNotifier;
  readonly commands: SessionCommands;
  readonly answers: ReplyBatch;
  readonly registry: SessionRegistry;
  readonly deadlines: Deadlines;
  readonly expiry: Expiry;
  /**
   * Commands beyond this rate are refused, see CommandRateLimiter. A burst may also have one
   * command for each of the client's channels.
   */
  readonly commandsPerSecond: number;
  readonly maxChannelsPerSession: number;
  /** The limits of commands that wait until the client is authenticated. */
  readonly pendingLimits: PendingLimits;
  /** Replies that are longer, in UTF-8 bytes, are refused with error 106. */
  readonly maxMessageBytes: number;
  /**
   * How long after its connection opened, or its last connect was refused, a client must be
   * authenticated, in ms.
   */
  readonly connectTimeoutMs: number;
  /** The socket accepts more data, or the session may be served from now on. */
  handleDrain(session: Session): void;
  /** Called once, when the session is over for any reason. */
  handleClosed(session: Session, code: number): void;
  /**
   * Called for errors that should never happen. The session is closed with 3004, or with 3009 if a
   * reply cannot be encoded.
   */
  handleFault(error: unknown): void;
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** Picks the wire of a connection by its first frame. */
export type WireChoice = (firstFrame: string) => Wire;
