import type { JsonLine, Position, UnsubscribeKind } from '@newswire/protocol';

/** Which sessions: all of a user, or one of them. At least one of the two is given. */
export interface SessionFilter {
  readonly user?: string;
  readonly client?: string;
}

/** What one process can ask of the edges. Each edge answers for its own sessions. */
export type ControlRequest =
  /** How many sessions listen to each channel whose subscription is live. */
  | { readonly method: 'channels' }
  | { readonly method: 'info' }
  | ({
      readonly method: 'disconnect';
      readonly code: number;
      readonly reason: string;
    } & SessionFilter)
  | ({
      readonly method: 'unsubscribe';
      readonly channel: string;
      /** Default: `server`. */
      readonly kind?: UnsubscribeKind;
    } & SessionFilter)
  | ({
      readonly method: 'subscribe';
      readonly channel: string;
      /** For presence and join pushes: one line of JSON. */
      readonly info?: JsonLine;
      readonly data?: JsonLine;
      readonly since?: Position;
      readonly expiresAtMs?: number;
    } & SessionFilter)
  /** `expired`: the connections end; otherwise they expire at `expiresAtMs`, or no more. */
  | ({
      readonly method: 'refresh';
      readonly expired: boolean;
      readonly expiresAtMs?: number;
      readonly info?: JsonLine;
    } & SessionFilter)
  /** A client's commands that arrived at another edge than its session's. */
  | { readonly method: 'emulate'; readonly session: string; readonly data: string };

/** An edge, as `info` describes it. */
export interface NodeInfo {
  /** Unique among the edges that run. */
  readonly uid: string;
  readonly name: string;
  readonly version: string;
  readonly clients: number;
  readonly users: number;
  readonly subs: number;
  readonly channels: number;
  /** Seconds. */
  readonly uptime: number;
}

/** One edge's answer. A method names what it needs; `count`: how many sessions were meant. */
export interface ControlReply {
  readonly channels?: Readonly<Record<string, number>>;
  readonly info?: NodeInfo;
  readonly count?: number;
}

/** What it throws, or rejects with, reaches the asker: a ProtocolError as it is, anything else as error 100. */
export type ControlHandler = (request: ControlRequest) => ControlReply | Promise<ControlReply>;

/**
 * Requests to edges, from center or from an edge. Error 102: there is no edge of that uid. Error 106:
 * a request or a reply is too large. Temporary error 100: an edge did not answer within
 * publishTimeoutMs, or cannot be reached; it may have carried the request out nevertheless.
 */
export interface Control {
  /**
   * An edge's part: answers every request from now on, under this uid: 1 to 128 ASCII letters,
   * digits and `_ - . : @`. Rejects while the edges can't be reached.
   */
  serve(handler: ControlHandler, uid: string): Promise<void>;
  /** Every edge's reply. Rejects if one is missing, or with the error of an edge that refuses. */
  request(request: ControlRequest): Promise<ControlReply[]>;
  /** One edge's reply. */
  requestOf(uid: string, request: ControlRequest): Promise<ControlReply>;
}
