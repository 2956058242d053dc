import type { ClientIdentity } from './access/access.js';
import type { HookName } from './access/hook-client.js';
import type { ConnectionRefusal } from './session/connection-limiter.js';

/** Events of connections and their sessions. */
export interface SessionEvents {
  /**
   * A connection was refused: because the edge is draining, because of a limit, or as `user` once it
   * was authenticated, because its user has too many sessions.
   */
  readonly onConnectionRefused: (reason: ConnectionRefusal | 'draining' | 'user') => void;
  /** A client has been authenticated, and its connect reply was sent. */
  readonly onSessionConnected: (session: ClientIdentity) => void;
  /** A session has ended, for any reason. Called once for each. */
  readonly onSessionClosed: (session: SessionIdentity, code: number) => void;
  /**
   * A command failed with an error that should never happen. The session is closed with 3004, or
   * with 3009 if a reply could not be encoded.
   */
  readonly onFault: (session: SessionIdentity, error: unknown) => void;
}

/** The part of a session's identity that log lines have. */
export type SessionIdentity = Pick<ClientIdentity, 'client' | 'credentials'>;

/** Events of channels: what is delivered, and what was missed. */
export interface ChannelEvents {
  /** A tick's publications were sent. `deliveries`: publications times live sessions. */
  readonly onFlush: (publications: number, deliveries: number) => void;
  /** A session was taken off the live flow because it reads too slowly. */
  readonly onSlow: () => void;
  /** Catch-up has sent publications to one session. */
  readonly onServed: (publications: number) => void;
  /** The broker's log was read. */
  readonly onRead: () => void;
  /** The log is read because publications were, or may have been, missed. */
  readonly onFill: (channel: string) => void;
  /** Publications were missed. Called before the channel's sessions are notified. */
  readonly onGap: (channel: string, sessions: number) => void;
  /** A client requested a position. `recovered`: it received everything since then. */
  readonly onRecovery: (recovered: boolean) => void;
  /** Publications cannot be encoded. These sessions, which should receive them, are closed (3010). */
  readonly onEncodingFault: (
    channel: string,
    sessions: readonly SessionIdentity[],
    error: unknown,
  ) => void;
  /**
   * A request to the broker or to presence failed. It is repeated if it is still wanted.
   * `isUnreachable`: the broker is, and logs that itself.
   */
  readonly onBrokerFailure: (error: unknown, isUnreachable: boolean) => void;
}

/** Events of access control. */
export interface AccessEvents {
  /**
   * A hook call ended. A call that the open circuit breaker refuses counts as failed. `tookMs`
   * includes the wait for the semaphore.
   */
  readonly onHookCall: (hook: HookName, hasResult: boolean, tookMs: number) => void;
  readonly onTokenRefused: (reason: 'expired' | 'early' | 'invalid') => void;
}

/** The events of an edge: metrics and logs observe them. No observer may throw. */
export interface EdgeEvents extends SessionEvents, ChannelEvents, AccessEvents {}

const ignore = () => undefined;

/** Observes nothing. */
export const NO_EVENTS: EdgeEvents = {
  onConnectionRefused: ignore,
  onSessionConnected: ignore,
  onSessionClosed: ignore,
  onFault: ignore,
  onFlush: ignore,
  onSlow: ignore,
  onServed: ignore,
  onRead: ignore,
  onFill: ignore,
  onGap: ignore,
  onRecovery: ignore,
  onEncodingFault: ignore,
  onBrokerFailure: ignore,
  onHookCall: ignore,
  onTokenRefused: ignore,
};
