import { CLOSES, ProtocolError, type CloseKind, type JsonLine } from '@newswire/protocol';
import type { Origin } from '@newswire/transport';

/** A client's `connect`, or what stands for one on wires without. */
export interface ConnectRequest {
  /** The session's id. */
  readonly client: string;
  readonly origin: Origin;
  /** Empty: none was given. */
  readonly token: string;
  readonly data: JsonLine | undefined;
  readonly name: string;
  readonly version: string;
  /** Headers that the client sent inside of its command. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How a channel that the server subscribes a client to, or that a token allows, is to be had. */
export interface SubscribeGrant {
  /** Who this client is on this channel, for presence and join pushes: one line of JSON. */
  readonly info?: JsonLine;
  /** Told to the client with the subscription. */
  readonly data?: JsonLine;
  /** When the subscription ends unless it is refreshed, in ms since 1970. */
  readonly expiresAtMs?: number;
  /** Instead of what the namespace says. */
  readonly joinLeave?: boolean;
  readonly presence?: boolean;
  readonly recovery?: boolean;
}

/** Who a session is. */
export interface Credentials {
  /** Empty: nobody is known. */
  readonly user: string;
  /** When the connection ends unless it is refreshed, in ms since 1970. */
  readonly expiresAtMs?: number;
  /** Who this client is, for presence, join pushes and its publications: one line of JSON. */
  readonly info?: JsonLine;
  /** Told to the client with the answer to `connect`. */
  readonly data?: JsonLine;
  /** Kept with the session and handed to hooks, never to a client. */
  readonly meta?: JsonLine;
  /** Channels the server subscribes the client to. */
  readonly subs: Readonly<Record<string, SubscribeGrant>>;
}

/** What a subscription asks for, beside its channel's position. */
export interface SubscribeAttempt {
  readonly client: string;
  readonly credentials: Credentials;
  readonly channel: string;
  /** Empty: none was given. */
  readonly token: string;
  readonly data: JsonLine | undefined;
  /** For the subscribe hook. */
  readonly origin?: Origin;
}

/**
 * Says who a client is and what it may listen to. Where nothing has to be waited for the answer is
 * given at once, and a refusal thrown; otherwise the promise rejects. Refusals are ProtocolError: 101
 * where a token is needed, 102, 103, 106 for a token over 8 KiB, 109 for one that has expired, 100
 * (temporary) where a key or a hook cannot be asked, and whatever error a hook answers; and
 * AccessClosedError where the connection ends.
 */
export interface Access {
  connect(request: ConnectRequest): Credentials | Promise<Credentials>;
  /**
   * The new credentials of a connected client; the user stays the same. An expired token ends the
   * connection with 3005, any other that is not good with 3500.
   */
  refresh(client: string, credentials: Credentials, token: string): Promise<Credentials>;
  subscribe(attempt: SubscribeAttempt): SubscribeGrant | Promise<SubscribeGrant>;
  /** As `subscribe`, but always by token: an expired one ends the connection with 3006. */
  subRefresh(attempt: SubscribeAttempt): Promise<SubscribeGrant>;
}

/** What the client asked for ends its connection, with this code and reason. */
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

/** A hook's own error, with the code and message that it chose. */
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
