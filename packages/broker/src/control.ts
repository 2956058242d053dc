import type { JsonLine, Position, UnsubscribeKind } from '@newswire/protocol';

/** Selects sessions: all of a user, or one client. At least one of the two is given. */
export interface SessionFilter {
  readonly user?: string;
  readonly client?: string;
}

/** The requests that a process can send to the edges. Each edge replies for its own sessions. */
export type ControlRequest =
  /** The number of sessions for each channel with a live subscription. */
  | { readonly method: 'channels' }
  | { readonly method: 'info' }
  /** The list of blocked users has changed: read it. */
  | { readonly method: 'reloadBlocked' }
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
  /**
   * `expired`: the connections end. Otherwise they expire at `expiresAtMs`, or never if it is
   * absent.
   */
  | ({
      readonly method: 'refresh';
      readonly expired: boolean;
      readonly expiresAtMs?: number;
      readonly info?: JsonLine;
    } & SessionFilter)
  /** A client's commands that arrived at a different edge than the one that has its session. */
  | {
      readonly method: 'emulate';
      readonly session: string;
      readonly data: string;
      /** The commands are bytes: `data` is their base64. */
      readonly isBase64?: true;
    };

/** An edge, as `info` describes it. */
export interface NodeInfo {
  /** Unique among the running edges. */
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

/**
 * One edge's reply. Each method names the members that it needs. `count`: the number of sessions
 * that the request selected.
 */
export interface ControlReply {
  readonly channels?: Readonly<Record<string, number>>;
  readonly info?: NodeInfo;
  readonly count?: number;
}

/**
 * A ProtocolError that it throws or rejects with reaches the requester unchanged; any other error
 * becomes error 100.
 */
export type ControlHandler = (request: ControlRequest) => ControlReply | Promise<ControlReply>;

/**
 * Requests to edges, from center or from an edge. Error 102: no edge has that uid. Error 106: a
 * request or a reply is too large. Temporary error 100: an edge did not reply within
 * publishTimeoutMs, or cannot be reached; it may still have executed the request.
 */
export interface Control {
  /**
   * The edge's side: from now on the handler receives every request under this uid: 1 to 128 ASCII
   * letters, digits and `_ - . : @`. Rejects while the other processes cannot be reached.
   */
  serve(handler: ControlHandler, uid: string): Promise<void>;
  /**
   * Every edge's reply. Rejects if one is missing, or with the error of an edge that rejects the
   * request.
   */
  request(request: ControlRequest): Promise<ControlReply[]>;
  /** One edge's reply. */
  requestFrom(uid: string, request: ControlRequest): Promise<ControlReply>;
}
