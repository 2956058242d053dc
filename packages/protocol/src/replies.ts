import type { ProtocolError } from './errors.js';
import type { ClientInfo, JsonLine, Position, Publication } from './publication.js';
import type { UnsubscribeKind } from './unsubscribe-codes.js';

/** How a subscription begins, as reported to its client. */
export interface SubscriptionStart {
  readonly channel: string;
  readonly position: Position;
  /** What the client may do with the position: recover from it, only know it, or nothing. */
  readonly positioning: 'recoverable' | 'positioned' | 'none';
  /**
   * Whether the client asked to recover from a position, and then whether everything since is
   * there.
   */
  readonly wasRecovering: boolean;
  readonly recovered: boolean;
  /** The first publications after the position; others may follow. */
  readonly publications: readonly Publication[];
  /** Its publications are sent as deltas if those are shorter. */
  readonly hasDelta?: boolean;
  readonly data?: JsonLine | undefined;
  /** Seconds until it ends unless it is refreshed. */
  readonly ttlS?: number | undefined;
  /** The channel's members with the subscriber, for protocols that list them, by client. */
  readonly members?: ReadonlyMap<string, ClientInfo> | undefined;
}

/** What clients are notified of when the members of a channel change. */
export type MembersNotice =
  | { readonly type: 'join' | 'leave'; readonly channel: string; readonly member: ClientInfo }
  | { readonly type: 'subscriptionCount'; readonly channel: string; readonly count: number };

/** Replies and pushes to a client, other than publications. Those without an id are pushes. */
export type Reply =
  | {
      readonly type: 'connected';
      readonly id: number;
      readonly client: string;
      readonly version: string;
      readonly pingIntervalMs: number;
      readonly data?: JsonLine | undefined;
      /** Seconds until the connection ends unless it is refreshed. */
      readonly ttlS?: number | undefined;
      /** The channels to which the server has subscribed the client. */
      readonly subs?: readonly SubscriptionStart[];
      /**
       * Set if the client sends its commands as separate requests: how these identify the session.
       */
      readonly emulation?: { readonly session: string; readonly node: string } | undefined;
    }
  | ({ readonly type: 'subscribed'; readonly id: number } & SubscriptionStart)
  | { readonly type: 'unsubscribed'; readonly id: number }
  | { readonly type: 'published'; readonly id: number }
  | {
      readonly type: 'presence';
      readonly id: number;
      readonly members: ReadonlyMap<string, ClientInfo>;
    }
  | {
      readonly type: 'presenceStats';
      readonly id: number;
      readonly clients: number;
      readonly users: number;
    }
  /** The position is the end of the log. */
  | {
      readonly type: 'history';
      readonly id: number;
      readonly publications: readonly Publication[];
      readonly position: Position;
    }
  | { readonly type: 'rpc'; readonly id: number; readonly data: JsonLine }
  | {
      readonly type: 'refreshed';
      readonly id: number;
      readonly client: string;
      readonly version: string;
      readonly ttlS: number | undefined;
    }
  | { readonly type: 'subRefreshed'; readonly id: number; readonly ttlS: number | undefined }
  /** The server has subscribed the client. */
  | ({ readonly type: 'serverSubscribed' } & SubscriptionStart)
  /** The client must subscribe again from its position. */
  | { readonly type: 'resubscribe'; readonly channel: string }
  /** The server has ended a subscription. */
  | { readonly type: 'ended'; readonly channel: string; readonly kind: UnsubscribeKind }
  | MembersNotice
  /** A subscriber asked for the last publication, and the channel has none. */
  | { readonly type: 'cacheMissed'; readonly channel: string }
  /** The client has named its user. */
  | { readonly type: 'signedIn'; readonly id: number; readonly data: string }
  | { readonly type: 'message'; readonly data: JsonLine }
  /** Requests a sign of life from the client. */
  | { readonly type: 'ping' }
  /** The reply to a client's ping. */
  | { readonly type: 'pong' }
  /** Why the connection ends, for transports without close codes. */
  | { readonly type: 'disconnect'; readonly code: number; readonly reason: string }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly error: ProtocolError;
      /** Of a refused subscription. */
      readonly channel?: string | undefined;
    };
