import type { ConnectCommand, ProtocolError } from '@newswire/protocol';
import type { Access } from '../access/access.js';
import type { Expiry } from './expiry.js';
import type { Session } from './session.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

export interface SessionConnectOptions {
  readonly access: Pick<Access, 'connect'>;
  readonly subscriptions: SessionSubscriptions;
  readonly expiry: Expiry;
  /** Whether one more session of this user may be. */
  readonly admits: (session: Session, user: string) => boolean;
  readonly maxChannelsPerSession: number;
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

  /** Resolves when the client is told that it is connected. Rejects as access does. */
  async connect(session: Session, command: ConnectCommand): Promise<void> {
    const { access, subscriptions, expiry, version, pingIntervalMs } = this.#options;
    const { client, origin } = session;
    const { id, token, data, name, headers, subs } = command;
    const credentials = await access.connect({
      client,
      origin,
      token,
      data,
      name,
      version: command.version,
      headers,
    });
    if (session.isOver) return;
    expiry.check(credentials);
    if (!this.#options.admits(session, credentials.user)) return session.close('connectionLimit');
    session.handleAdmitted(credentials);
    const count = Object.keys(credentials.subs).length;
    if (count > this.#options.maxChannelsPerSession) return session.close('channelLimit');
    const starts = count === 0 ? [] : await subscriptions.open(session, id, credentials.subs, subs);
    if (session.isOver) return;
    session.reply({
      type: 'connected',
      id,
      client,
      version,
      pingIntervalMs,
      data: credentials.data,
      ttlS: expiry.ttlS(credentials),
      subs: starts,
      emulation: this.#emulationOf(session),
    });
    session.handleConnected();
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
