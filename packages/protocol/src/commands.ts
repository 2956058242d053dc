import type { ProtocolError } from './errors.js';
import type { JsonLine, Position } from './publication.js';
import type { TagsFilter } from './tags-filter.js';

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
  /** Only publications whose tags match are sent. */
  readonly tagsFilter?: TagsFilter | undefined;
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
 * The commands of clients, in every protocol. `id` identifies the command in its reply; protocols
 * without replies set it to 0.
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
      /** The data is a JSON string of the base64 of bytes that are not JSON. */
      readonly isBase64?: true;
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
  /** The client names its user, with a signature of its backend. */
  | { readonly type: 'signIn'; readonly id: number; readonly auth: string; readonly data: string }
  /** The client requests a sign of life. */
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  /** A refused command. The other commands in the frame are not refused with it. */
  | { readonly type: 'refused'; readonly id: number; readonly error: ProtocolError };
