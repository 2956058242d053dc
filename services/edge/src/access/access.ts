import {
  type ClientInfo,
  type CloseKind,
  CLOSES,
  type JsonLine,
  ProtocolError,
} from '@newswire/protocol';
import type { Origin } from '@newswire/transport';

/** A client's `connect` command, or its equivalent on protocols without such a command. */
export interface ConnectRequest {
  /** The session's id. */
  readonly client: string;
  readonly origin: Origin;
  /** Empty if the client sent none. */
  readonly token: string;
  readonly data: JsonLine | undefined;
  readonly name: string;
  readonly version: string;
  /** Headers that the client sent inside its command. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The terms of a subscription, from a token, a hook or the server. */
export interface SubscribeGrant {
  /** The client's info on this channel, for presence and join pushes: one line of JSON. */
  readonly info?: JsonLine;
  /** Sent to the client with the subscription. */
  readonly data?: JsonLine;
  /** When the subscription ends unless it is refreshed, in ms since 1970. */
  readonly expiresAtMs?: number;
  /** This and the next two members override the namespace's options. */
  readonly joinLeave?: boolean;
  readonly presence?: boolean;
  readonly recovery?: boolean;
  /** The channel's members with the subscriber, for protocols that list them, by client. */
  readonly members?: ReadonlyMap<string, ClientInfo>;
}

/** The identity of a session. */
export interface Credentials {
  /** Empty for an anonymous client. */
  readonly user: string;
  /** When the connection ends unless it is refreshed, in ms since 1970. */
  readonly expiresAtMs?: number;
  /** The client's info for presence, join pushes and its publications: one line of JSON. */
  readonly info?: JsonLine;
  /** Sent to the client in the reply to `connect`. */
  readonly data?: JsonLine;
  /** Kept with the session and sent to hooks, never to a client. */
  readonly meta?: JsonLine;
  /** Channels to which the server subscribes the client. */
  readonly subs: Readonly<Record<string, SubscribeGrant>>;
}

/** The credentials of an anonymous client. */
export const ANONYMOUS: Credentials = { user: '', subs: {} };

/** Allows a subscription on its namespace's terms. */
export const PLAIN_GRANT: SubscribeGrant = {};

/** Who the client of a session is: for access control, presence, hooks and logs. */
export interface ClientIdentity {
  /** The session's id, unique among all sessions of all edges. */
  readonly client: string;
  readonly origin: Origin;
  /** Those of an anonymous client until the client is authenticated. */
  readonly credentials: Credentials;
}

/** A request to subscribe, without its position. */
export interface SubscribeAttempt {
  readonly client: string;
  readonly credentials: Credentials;
  readonly channel: string;
  /** Empty if the client sent none. */
  readonly token: string;
  readonly data: JsonLine | undefined;
  /** For the subscribe hook. */
  readonly origin?: Origin;
}

/**
 * Authenticates clients and authorizes their subscriptions. If no wait is needed, `connect` and
 * `subscribe` return the result or throw; otherwise they return a promise. Refusals are
 * ProtocolError: 101 if a token is required, 102, 103, 106 for a token over 8 KiB, 107 for a channel
 * name that its namespace's pattern refuses and for a header that cannot be passed on, 108 if a
 * hook is needed and none is set, 109 for an expired token, 100 (temporary) if a key or a hook
 * cannot be reached, and any error that a hook returns. AccessClosedError closes the connection.
 */
export interface Access {
  /** Whether clients without a user may connect. Default: yes. */
  readonly admitsAnonymous?: boolean;
  connect(request: ConnectRequest): Credentials | Promise<Credentials>;
  /**
   * Renews the credentials of a connected client; the user stays the same. A token that has expired
   * or is not valid yet closes the connection with 3005, any other invalid token with 3500.
   */
  refresh(client: string, credentials: Credentials, token: string): Promise<Credentials>;
  subscribe(attempt: SubscribeAttempt): SubscribeGrant | Promise<SubscribeGrant>;
  /**
   * Like `subscribe`, but always by token. A token that has expired or is not valid yet closes the
   * connection with 3006.
   */
  subRefresh(attempt: SubscribeAttempt): Promise<SubscribeGrant>;
}

/** Access of the connections of one protocol, which has its own signatures. */
export interface ProtocolAccess extends Access {
  /** Throws ProtocolError if the client may not publish to a channel. `grant`: of its subscription. */
  checkPublish(channel: string, grant: SubscribeGrant | undefined): void;
  /** The credentials of a connected client that names its user. Throws as `connect` does. */
  signIn(auth: string, data: string): Credentials;
}

/** What the handshake of a connection determines about its session. */
export interface SessionOpening {
  /** The session's id, unique among all sessions of all edges. Default: a new one. */
  readonly client?: string;
  /** Default: that of the edge. */
  readonly access?: ProtocolAccess;
}

/** An error that closes the client's connection with this code and reason. */
export class AccessClosedError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor({ code, reason }: { readonly code: number; readonly reason: string }) {
    super(`${code} ${reason}`);
    this.name = 'AccessClosedError';
    this.code = code;
    this.reason = reason;
  }

  static of(kind: CloseKind): AccessClosedError {
    return new AccessClosedError(CLOSES[kind]);
  }
}

/** An error that a hook returned, with the hook's own code and message. */
export class HookRefusal extends ProtocolError {
  override readonly code: number;
  override readonly temporary: boolean;

  constructor(error: {
    readonly code: number;
    readonly message: string;
    readonly temporary?: boolean | undefined;
  }) {
    super('permissionDenied');
    this.name = 'HookRefusal';
    this.message = error.message;
    this.code = error.code;
    this.temporary = error.temporary ?? false;
  }
}

/** A client's `publish` command for the publish hook. */
export interface PublishAttempt {
  readonly client: string;
  readonly credentials: Credentials;
  readonly channel: string;
  readonly data: JsonLine;
  /** The data is a JSON string of the base64 of bytes that are not JSON. */
  readonly isBase64?: true | undefined;
  readonly origin?: Origin;
}

/** The publication that the backend allows. */
export interface AllowedPublication {
  readonly data: JsonLine;
  readonly isBase64?: true | undefined;
  /** The channel's history leaves it out. */
  readonly isTransient: boolean;
}

/** A subscription for the sub_refresh hook. */
export interface SubRefreshAttempt extends ClientIdentity {
  readonly channel: string;
  readonly grant: SubscribeGrant;
}

/**
 * The hooks that serve connected sessions. A hook that is not configured is undefined. All reject
 * with ProtocolError, or with AccessClosedError if the connection must close. The refresh hooks
 * resolve with undefined if the connection or the subscription ends.
 */
export interface SessionHooks {
  readonly publish: ((attempt: PublishAttempt) => Promise<AllowedPublication>) | undefined;
  readonly refresh: ((session: ClientIdentity) => Promise<Credentials | undefined>) | undefined;
  readonly subRefresh:
    ((attempt: SubRefreshAttempt) => Promise<SubscribeGrant | undefined>) | undefined;
}

export const NO_HOOKS: SessionHooks = {
  publish: undefined,
  refresh: undefined,
  subRefresh: undefined,
};

/** A client's `rpc` command for the backend. */
export interface RpcRequest {
  readonly client: string;
  readonly credentials: Credentials;
  readonly method: string;
  readonly data: JsonLine | undefined;
  /** For the rpc hook. */
  readonly origin?: Origin;
}

/**
 * Resolves with one line of JSON. Rejects with ProtocolError (104 for an unknown method), or with
 * AccessClosedError if the connection must close.
 */
export type RpcHandler = (request: RpcRequest) => Promise<JsonLine>;
