import type { ProtocolError } from './errors.js';
import type { ClientInfo, JsonLine, Position, Publication } from './publication.js';
import type { UnsubscribeKind } from './unsubscribe-codes.js';

/** Where in a channel a subscription begins. */
export type Since =
  | { readonly type: 'now' }
  | { readonly type: 'position'; readonly position: Position }
  | { readonly type: 'last'; readonly count: number };

export const FROM_NOW: Since = { type: 'now' };

export interface SubscribeRequest {
  readonly channel: string;
  readonly since: Since;
  /** If the position cannot be recovered, refuse with error 112 instead of starting now. */
  readonly mustRecover?: boolean;
  /** The subscription token; empty if the client sent none. */
  readonly token?: string;
  readonly data?: JsonLine | undefined;
  /** The client wants positions, but no recovery. */
  readonly isOnlyPositioned?: boolean;
  /** The client wants join and leave pushes. */
  readonly joinLeave?: boolean;
  /** The client accepts deltas between publications. */
  readonly delta?: boolean;
}

/** A client's first command. */
export interface ConnectCommand {
  readonly type: 'connect';
  readonly id: number;
  /** Empty if the client sent none. */
  readonly token: string;
  readonly data: JsonLine | undefined;
  /** The name of the client's program. */
  readonly name: string;
  readonly version: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The positions from which the server's subscriptions of this client continue. */
  readonly subs: ReadonlyMap<string, Position>;
}

export interface HistoryCommand {
  readonly type: 'history';
  readonly id: number;
  readonly channel: string;
  /** The maximum number of publications; 0: only the position; -1: as many as a page has. */
  readonly limit: number;
  /** After this position, or before it if `reverse` is set. */
  readonly since: Position | undefined;
  /** Newest first. */
  readonly reverse: boolean;
}

/**
 * The commands of clients on all wires. `id` identifies the command in its reply; wires without
 * replies set it to 0.
 */
export type Command =
  | ConnectCommand
  /** Either all requests are accepted or none. */
  | { readonly type: 'subscribe'; readonly id: number; readonly requests: SubscribeRequest[] }
  | { readonly type: 'unsubscribe'; readonly id: number; readonly channels: readonly string[] }
  | {
      readonly type: 'publish';
      readonly id: number;
      readonly channel: string;
      readonly data: JsonLine;
    }
  | { readonly type: 'presence'; readonly id: number; readonly channel: string }
  | { readonly type: 'presenceStats'; readonly id: number; readonly channel: string }
  | HistoryCommand
  | {
      readonly type: 'rpc';
      readonly id: number;
      readonly method: string;
      readonly data: JsonLine | undefined;
    }
  /** Never has a reply. */
  | { readonly type: 'send'; readonly data: JsonLine | undefined }
  | { readonly type: 'refresh'; readonly id: number; readonly token: string }
  | {
      readonly type: 'subRefresh';
      readonly id: number;
      readonly channel: string;
      readonly token: string;
    }
  | { readonly type: 'pong' }
  /** A refused command. The other commands in the frame are not refused with it. */
  | { readonly type: 'refused'; readonly id: number; readonly error: ProtocolError };

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
}

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
  | { readonly type: 'join'; readonly channel: string; readonly member: ClientInfo }
  | { readonly type: 'leave'; readonly channel: string; readonly member: ClientInfo }
  | { readonly type: 'message'; readonly data: JsonLine }
  /** Why the connection ends, for transports without close codes. */
  | { readonly type: 'disconnect'; readonly code: number; readonly reason: string }
  | { readonly type: 'error'; readonly id: number; readonly error: ProtocolError };

/** A client protocol as a pure codec: frames in, commands out; publications in, frames out. */
export interface Wire {
  /** Short and unique: part of the topics that this wire's sessions join. */
  readonly name: string;
  /** Unique and small: the index under which a publication's frame is kept. */
  readonly index: number;
  /** Whether a client begins with a `connect` command. */
  readonly connects: boolean;
  /** Whether clients keep positions, and can be asked to resubscribe from them. */
  readonly hasPositions: boolean;
  /** The separator of several encoded publications in one frame; undefined: one frame each. */
  readonly joint: string | undefined;
  /** A frame that requests a sign of life; undefined: WebSocket's own ping. */
  readonly pingFrame: string | undefined;
  /** The connection is closed after this many refused commands in a row. */
  readonly maxRefusals: number;
  /** The first wire of a subscription whose client asked for deltas between publications. */
  readonly delta?: Wire;
  /** The wire of a subscription once its client has received a publication. */
  readonly afterFirst?: Wire;
  /** Decodes one client frame to commands. Throws ProtocolError if the whole frame is refused. */
  decode(text: string): readonly Command[];
  /**
   * Encodes one publication. Called once for each, however many sessions receive it. `previous` is
   * the one before it, if that is still known; every session on a delta wire has received it.
   */
  encode(channel: string, publication: Publication, previous?: Publication): string;
  /** The frame of a reply; undefined if this wire has none for it. */
  encodeReply(reply: Reply): string | undefined;
}
