import type { ProtocolError } from './errors.js';
import type { Position, Publication } from './publication.js';

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
}

/**
 * What a client can ask for, whatever wire it speaks. `id` names the command in its reply; wires
 * without replies leave it 0.
 */
export type Command =
  | { readonly type: 'connect'; readonly id: number }
  /** All of them or none. */
  | { readonly type: 'subscribe'; readonly id: number; readonly requests: SubscribeRequest[] }
  | { readonly type: 'unsubscribe'; readonly id: number; readonly channels: readonly string[] }
  | { readonly type: 'pong' }
  /** A command that is refused as such; the ones beside it in the frame are not. */
  | { readonly type: 'refused'; readonly id: number; readonly error: ProtocolError };

/** What a client is told beside publications. */
export type Reply =
  | {
      readonly type: 'connected';
      readonly id: number;
      readonly client: string;
      readonly version: string;
      readonly pingIntervalMs: number;
    }
  /**
   * The subscription begins behind `position`. The first `publications` after it may come with the
   * reply, the others follow. `recovered` answers a request for a position: whether everything since
   * then is there; undefined where none was asked for.
   */
  | {
      readonly type: 'subscribed';
      readonly id: number;
      readonly channel: string;
      readonly position: Position;
      readonly recovered: boolean | undefined;
      readonly publications: readonly Publication[];
    }
  | { readonly type: 'unsubscribed'; readonly id: number }
  /** Not asked for: the subscription has to be made anew from the position the client has. */
  | { readonly type: 'resubscribe'; readonly channel: string }
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
  /** One client frame to commands. Throws ProtocolError where the frame as a whole is refused. */
  decode(text: string): readonly Command[];
  /** One publication. Called once for each, however many sessions listen. */
  encode(channel: string, publication: Publication): string;
  /** The frame of a reply; undefined where this wire has none for it. */
  encodeReply(reply: Reply): string | undefined;
}
