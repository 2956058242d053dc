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
  /** Whether one more session of this user may be. */
  readonly admits: (session: Session, user: string) => boolean;
  readonly maxChannelsPerSession: number;
  /** How many UTF-8 bytes a connect reply may have. */
  readonly maxMessageBytes: number;
  /** Of newswire, for clients to see. */
  readonly version: string;
  /** This edge's, for those whose commands come as requests of their own. */
  readonly nodeUid: string;
  readonly pingIntervalMs: number;
}

/** What a client begins with that has no command for it. */
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

/** How a session comes to be somebody's, with what the server subscribes it to. */
export class SessionConnect {
  readonly #options: SessionConnectOptions;

  constructor(options: SessionConnectOptions) {
    this.#options = options;
  }

  /**
   * Tells the client that it is connected. Where nobody has to be waited for it is done when this returns.
   * Rejects as access does, and never throws: what came in the same frame is refused with it.
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
      emulation: this.#emulationOf(session),
    });
    // The client takes these as subscriptions that the server makes later.
    for (const start of subs.slice(count)) session.reply({ type: 'serverSubscribed', ...start });
    session.handleConnected();
  }

  /** For how many subscriptions the connect reply has room. */
  #fittingCount(data: JsonLine | undefined, subs: readonly SubscriptionStart[]): number {
    let room = this.#options.maxMessageBytes - REPLY_BYTES - Buffer.byteLength(data ?? '');
    const tooMany = subs.findIndex((start) => {
      room -= startBytes(start.channel, start.data);
      return room < 0;
    });
    return tooMany < 0 ? subs.length : tooMany;
  }

  /** Whether a client may try again on the same connection is up to its wire. */
  refuse(session: Session, id: number, error: ProtocolError): void {
    if (session.wire.connects) return session.refuse(id, error);
    session.reply({ type: 'error', id, error });
    return session.close(error.temporary ? 'serverError' : 'permissionDenied');
  }

  #emulationOf({ emulationId }: Session) {
    if (emulationId === undefined) return undefined;
    return { session: emulationId, node: this.#options.nodeUid };
  }
}
