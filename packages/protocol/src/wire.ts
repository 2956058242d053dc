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
  /** Refuse with error 112, instead of beginning now, where the position cannot be continued. */
  readonly mustRecover?: boolean;
  /** What allows it; empty: nothing was given. */
  readonly token?: string;
  readonly data?: JsonLine | undefined;
  /** Positions are wanted, going on from one is not. */
  readonly isOnlyPositioned?: boolean;
  /** Joins and leaves are wanted. */
  readonly joinLeave?: boolean;
  /** The client understands differences between publications. */
  readonly delta?: boolean;
}

/** How a client begins. */
export interface ConnectCommand {
  readonly type: 'connect';
  readonly id: number;
  /** Empty: none was given. */
  readonly token: string;
  readonly data: JsonLine | undefined;
  /** Of the client's program. */
  readonly name: string;
  readonly version: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where channels that the server subscribes it to are to go on. */
  readonly subs: ReadonlyMap<string, Position>;
}

export interface HistoryCommand {
  readonly type: 'history';
  readonly id: number;
  readonly channel: string;
  /** How many publications at most; 0: the position alone; -1: as many as a page has. */
  readonly limit: number;
  /** Behind this position, or before it where `reverse` is set. */
  readonly since: Position | undefined;
  /** Newest first. */
  readonly reverse: boolean;
}

/**
 * What a client can ask for, whatever wire it speaks. `id` names the command in its reply; wires
 * without replies leave it 0.
 */
export type Command =
  | ConnectCommand
  /** All of them or none. */
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
  /** Has no reply, whatever becomes of it. */
  | { readonly type: 'send'; readonly data: JsonLine | undefined }
  | { readonly type: 'refresh'; readonly id: number; readonly token: string }
  | {
      readonly type: 'subRefresh';
      readonly id: number;
      readonly channel: string;
      readonly token: string;
    }
  | { readonly type: 'pong' }
  /** A command that is refused as such; the ones beside it in the frame are not. */
  | { readonly type: 'refused'; readonly id: number; readonly error: ProtocolError };

/** How a subscription begins, as its client is told. */
export interface SubscriptionStart {
  readonly channel: string;
  readonly position: Position;
  /** What the client may do with the position: come back with it, only know it, or nothing. */
  readonly positioning: 'recoverable' | 'positioned' | 'none';
  /** Whether a position was asked for, and then whether everything since is there. */
  readonly wasRecovering: boolean;
  readonly recovered: boolean;
  /** The first publications behind the position; others may follow. */
  readonly publications: readonly Publication[];
  /** Its publications come as differences where that is shorter. */
  readonly hasDelta?: boolean;
  readonly data?: JsonLine | undefined;
  /** Seconds until it ends unless it is refreshed. */
  readonly ttlS?: number | undefined;
}

/** What a client is told beside publications. Those without an id are not asked for. */
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
      /** The channels that the server has subscribed it to. */
      readonly subs?: readonly SubscriptionStart[];
      /** Where the client's commands come as requests of their own: with what they name it. */
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
  /** The log ends at the position. */
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
  /** The subscription has to be made anew from the position the client has. */
  | { readonly type: 'resubscribe'; readonly channel: string }
  /** The server has ended a subscription. */
  | { readonly type: 'ended'; readonly channel: string; readonly kind: UnsubscribeKind }
  | { readonly type: 'join'; readonly channel: string; readonly member: ClientInfo }
  | { readonly type: 'leave'; readonly channel: string; readonly member: ClientInfo }
  | { readonly type: 'message'; readonly data: JsonLine }
  /** Why the connection ends, for transports whose end says nothing. */
  | { readonly type: 'disconnect'; readonly code: number; readonly reason: string }
  | { readonly type: 'error'; readonly id: number; readonly error: ProtocolError };

/** A client protocol as a pure codec: frames in, commands out; publications in, frames out. */
export interface Wire {
  /** Short and unique: it is part of the topics that this wire's sessions listen on. */
  readonly name: string;
  /** Unique and small: where a publication's encoded form is kept. */
  readonly index: number;
  /** Whether a client begins with a `connect` command. */
  readonly connects: boolean;
  /** Whether clients keep positions, and can be asked to resubscribe from theirs. */
  readonly hasPositions: boolean;
  /** What several encoded publications are joined by to one frame; undefined: a frame for each. */
  readonly joint: string | undefined;
  /** A frame that asks for a sign of life; undefined: WebSocket's own ping. */
  readonly pingFrame: string | undefined;
  /** After so many refused commands in a row the connection is closed. */
  readonly maxRefusals: number;
  /** How a subscription begins whose client asked for differences between publications. */
  readonly delta?: Wire;
  /** How a subscription goes on once its client has had a publication. */
  readonly afterFirst?: Wire;
  /** One client frame to commands. Throws ProtocolError where the frame as a whole is refused. */
  decode(text: string): readonly Command[];
  /**
   * One publication. Called once for each, however many sessions listen. `previous` is the one
   * before it, where that is still known; whoever listens on a wire with `delta` has had it.
   */
  encode(channel: string, publication: Publication, previous?: Publication): string;
  /** The frame of a reply; undefined where this wire has none for it. */
  encodeReply(reply: Reply): string | undefined;
}
