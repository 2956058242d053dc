import type {
  ConnectCommand,
  JsonLine,
  ProtocolError,
  SubscriptionStart,
} from '@newswire/protocol';
import type { Access, Credentials } from '../access/access.js';
import type { Expiry } from './expiry.js';
import { REPLY_BYTES, startBytes } from './message-size.js';
import type { Session } from './session.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

export interface SessionConnectOptions {
  readonly access: Pick<Access, 'connect'>;
  readonly subscriptions: SessionSubscriptions;
  readonly expiry: Expiry;
  /** Whether this user may have one more session. */
  readonly admits: (session: Session, user: string) => boolean;
  readonly maxChannelsPerSession: number;
  /** The most UTF-8 bytes of a connect reply. */
  readonly maxMessageBytes: number;
  /** The newswire version that clients see. */
  readonly version: string;
  /** This edge's uid, for clients whose commands arrive as separate requests. */
  readonly nodeUid: string;
  readonly pingIntervalMs: number;
}

/** The connect command of a client whose wire has none. */
export const CONNECT_WITHOUT_COMMAND: ConnectCommand = {
  type: 'connect',
  id: 0,
  token: '',
  data: undefined,
  name: '',
  version: '',
  headers: {},
  subs: new Map(),
};

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
  connect(session: Session, command: ConnectCommand): undefined | Promise<void> {
    try {
      const { client, origin } = session;
      const { token, data, name, version, headers } = command;
      const request = { client, origin, token, data, name, version, headers };
      const answer = this.#options.access.connect(request);
      if (!(answer instanceof Promise)) return this.#admit(session, command, answer);
      return answer.then((credentials) => this.#admit(session, command, credentials));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #admit(
    session: Session,
    { id, subs }: ConnectCommand,
    credentials: Credentials,
  ): undefined | Promise<void> {
    if (session.isOver) return undefined;
    const { admits, expiry, maxChannelsPerSession, subscriptions } = this.#options;
    const count = Object.keys(credentials.subs).length;
    expiry.check(credentials);
    if (!admits(session, credentials.user)) session.close('connectionLimit');
    else if (count > maxChannelsPerSession) session.close('channelLimit');
    else {
      session.handleAdmitted(credentials);
      if (count > 0) {
        const opened = subscriptions.open(session, id, credentials.subs, subs);
        return opened.then((starts) => this.#begin(session, id, starts));
      }
      this.#begin(session, id, []);
    }
    return undefined;
  }

  #begin(session: Session, id: number, subs: readonly SubscriptionStart[]): void {
    if (session.isOver) return;
    const { expiry, version, pingIntervalMs } = this.#options;
    const { client, credentials } = session;
    const count = this.#fittingCount(credentials.data, subs);
    session.reply({
      type: 'connected',
      id,
      client,
      version,
      pingIntervalMs,
      data: credentials.data,
      ttlS: expiry.ttlS(credentials),
      subs: count === subs.length ? subs : subs.slice(0, count),
      emulation: this.#describeEmulation(session),
    });
    // To the client, these are subscriptions that the server makes later.
    for (const start of subs.slice(count)) session.reply({ type: 'serverSubscribed', ...start });
    session.handleConnected();
  }

  /** How many subscriptions fit into the connect reply. */
  #fittingCount(data: JsonLine | undefined, subs: readonly SubscriptionStart[]): number {
    let room = this.#options.maxMessageBytes - REPLY_BYTES - Buffer.byteLength(data ?? '');
    const tooMany = subs.findIndex((start) => {
      room -= startBytes(start.channel, start.data);
      return room < 0;
    });
    return tooMany < 0 ? subs.length : tooMany;
  }

  /** The wire decides whether a client may try again on the same connection. */
  refuse(session: Session, id: number, error: ProtocolError): void {
    if (session.wire.connects) return session.refuse(id, error);
    session.reply({ type: 'error', id, error });
    return session.close(error.temporary ? 'serverError' : 'permissionDenied');
  }

  #describeEmulation({ emulationId }: Session) {
    if (emulationId === undefined) return undefined;
    return { session: emulationId, node: this.#options.nodeUid };
  }
}
