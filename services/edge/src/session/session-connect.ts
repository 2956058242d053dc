import type {
  ConnectCommand,
  JsonLine,
  Position,
  Reply,
  SubscriptionStart,
} from '@newswire/protocol';
import {
  type Access,
  AccessClosedError,
  type ClientIdentity,
  type Credentials,
  type ProtocolAccess,
  type SubscribeGrant,
} from '../access/access.js';
import type { Renewals } from './renewals.js';
import type { Expiry } from './timeouts.js';
import { REPLY_BYTES, startBytes } from './replies.js';

/** The part of a session that connecting needs. */
export interface ConnectingSession extends ClientIdentity {
  /** A secret that identifies the session where its commands arrive as separate requests. */
  readonly emulationId: string | undefined;
  readonly isClosed: boolean;
  /** Undefined: that of the edge. */
  readonly access: ProtocolAccess | undefined;
  /** Takes the credentials over. Throws AccessClosedError if the user has too many sessions. */
  handleAuthenticated(credentials: Credentials): void;
  /** Makes the subscriptions that the server gives the client, before the reply to command `id`. */
  openSubscriptions(
    id: number,
    subs: Readonly<Record<string, SubscribeGrant>>,
    positions: ReadonlyMap<string, Position>,
  ): Promise<readonly SubscriptionStart[]>;
  reply(reply: Reply): boolean;
  /** The connect reply has been sent. */
  handleConnected(): void;
}

export interface SessionConnectOptions {
  readonly access: Pick<Access, 'connect'>;
  readonly expiry: Pick<Expiry, 'check'>;
  readonly renewals: Pick<Renewals, 'getSessionTtlS'>;
  readonly maxChannelsPerSession: number;
  /** The most UTF-8 bytes of a connect reply. */
  readonly maxMessageBytes: number;
  readonly pingIntervalMs: number;
  /** The newswire version that clients see. */
  readonly version: string;
  /** This edge's uid, for clients whose commands arrive as separate requests. */
  readonly nodeUid: string;
}

/**
 * Connects sessions: authenticates the client, and makes the subscriptions that the server gives
 * it.
 */
export class SessionConnect {
  readonly #options: SessionConnectOptions;

  constructor(options: SessionConnectOptions) {
    this.#options = options;
  }

  /**
   * Connects the client and sends the connect reply. Unless a promise is returned, this is done on
   * return. Rejects as access does, and never throws: commands in the same frame are refused with
   * it.
   */
  connect(session: ConnectingSession, command: ConnectCommand): undefined | Promise<void> {
    try {
      const { client, origin } = session;
      const { token, data, name, version, headers } = command;
      const request = { client, origin, token, data, name, version, headers };
      const access = session.access ?? this.#options.access;
      const result = access.connect(request);
      if (!(result instanceof Promise)) return this.#admit(session, command, result);
      return result.then((credentials) => this.#admit(session, command, credentials));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #admit(
    session: ConnectingSession,
    { id, subs: positions }: ConnectCommand,
    credentials: Credentials,
  ): undefined | Promise<void> {
    if (session.isClosed) return undefined;
    const { subs } = credentials;
    const count = Object.keys(subs).length;
    this.#options.expiry.check(credentials);
    if (count > this.#options.maxChannelsPerSession) throw AccessClosedError.of('channelLimit');
    session.handleAuthenticated(credentials);
    if (count === 0) return this.#begin(session, id, []);
    const opened = session.openSubscriptions(id, subs, positions);
    return opened.then((starts) => this.#begin(session, id, starts));
  }

  #begin(session: ConnectingSession, id: number, subs: readonly SubscriptionStart[]): undefined {
    if (session.isClosed) return;
    const { renewals, version, pingIntervalMs } = this.#options;
    const { client, credentials } = session;
    const count = this.#countFitting(credentials.data, subs);
    session.reply({
      type: 'connected',
      id,
      client,
      version,
      pingIntervalMs,
      data: credentials.data,
      ttlS: renewals.getSessionTtlS(credentials),
      subs: count === subs.length ? subs : subs.slice(0, count),
      emulation: this.#describeEmulation(session),
    });
    // To the client, these are subscriptions that the server makes later.
    for (const start of subs.slice(count)) session.reply({ type: 'serverSubscribed', ...start });
    session.handleConnected();
  }

  /** How many subscriptions fit into the connect reply. */
  #countFitting(data: JsonLine | undefined, subs: readonly SubscriptionStart[]): number {
    let room = this.#options.maxMessageBytes - REPLY_BYTES - Buffer.byteLength(data ?? '');
    const tooMany = subs.findIndex((start) => {
      room -= startBytes(start.channel, start.data);
      return room < 0;
    });
    return tooMany < 0 ? subs.length : tooMany;
  }

  #describeEmulation({ emulationId }: ConnectingSession) {
    if (emulationId === undefined) return undefined;
    return { session: emulationId, node: this.#options.nodeUid };
  }
}
