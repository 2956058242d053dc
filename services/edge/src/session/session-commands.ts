import { type Broker, MAX_PAGE_BYTES, type Presence, readHistory } from '@newswire/broker';
import {
  BASE64_MARK,
  type Command,
  type HistoryCommand,
  isOver,
  type JsonLine,
  ProtocolError,
  type Reply,
  toInfoLine,
} from '@newswire/protocol';
import type { Who } from '@newswire/runtime';
import {
  type Access,
  type ClientIdentity,
  type Credentials,
  type AllowedPublication,
  type ProtocolAccess,
  PLAIN_GRANT,
  type RpcHandler,
  type SessionHooks,
} from '../access/access.js';
import { checkUserLimit, type GetNamespaceOptions } from '../access/channel-rules.js';
import { toClientInfo } from './channel-members.js';
import type { Renewals } from './renewals.js';
import type { Expiry } from './timeouts.js';
import { LISTED_BYTES, REPLY_BYTES } from './replies.js';
import type { ClientObserver } from './webhook-reports.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

export interface SessionCommandsOptions {
  readonly broker: Pick<Broker, 'publish' | 'history'>;
  readonly presence: Presence | undefined;
  readonly access: Pick<Access, 'refresh' | 'subRefresh'>;
  readonly getOptions: GetNamespaceOptions;
  readonly rpc: RpcHandler | undefined;
  readonly hooks: Pick<SessionHooks, 'publish'>;
  /** Is notified of clients that publish by the rules of their protocol. */
  readonly observer: Pick<ClientObserver, 'handleClientEvent'> | undefined;
  readonly expiry: Pick<Expiry, 'check'>;
  readonly renewals: Pick<Renewals, 'getSessionTtlS' | 'getSubscriptionTtlS'>;
  readonly version: string;
  /** The largest publication, in UTF-8 bytes of its data. */
  readonly maxDataBytes: number;
  /** The most UTF-8 bytes of a reply. */
  readonly maxMessageBytes: number;
}

/** The most publications in one reply. */
const MAX_HISTORY = 1000;

/** Commands that need another service: the broker, presence, access or a backend. */
export type ServiceCommand = Extract<
  Command,
  {
    readonly type:
      'publish' | 'presence' | 'presenceStats' | 'history' | 'rpc' | 'refresh' | 'subRefresh';
  }
>;

type PublishCommand = Extract<Command, { readonly type: 'publish' }>;

/** The part of a session that the execution of its commands needs. */
export interface CommandingSession extends ClientIdentity {
  /** Undefined: that of the edge, and the namespace's options. */
  readonly access: ProtocolAccess | undefined;
  readonly subscriptions: Pick<SessionSubscriptions, 'get' | 'refresh'>;
  /** Replaces the credentials by others of the same user, which may expire at another time. */
  renew(credentials: Credentials): void;
}

/** Executes the commands of connected clients, other than subscribe and unsubscribe. */
export class SessionCommands {
  readonly #options: SessionCommandsOptions;
  /** The channels whose history a session is reading from a position. */
  readonly #paged = new WeakMap<CommandingSession, Set<string>>();

  constructor(options: SessionCommandsOptions) {
    this.#options = options;
  }

  /** Resolves with the reply to the client. Rejects with ProtocolError, or as access does. */
  async execute(session: CommandingSession, command: ServiceCommand): Promise<Reply> {
    const { id } = command;
    // A subscription that exists may be refreshed: the server may have made it for another user.
    if ('channel' in command && command.type !== 'subRefresh') {
      checkUserLimit(command.channel, session.credentials.user);
    }
    switch (command.type) {
      case 'publish':
        return this.#publish(session, command);
      case 'presence': {
        const presence = this.#presenceOn(session, command.channel);
        return { type: 'presence', id, members: await presence.members(command.channel) };
      }
      case 'presenceStats': {
        const presence = this.#presenceOn(session, command.channel);
        return { type: 'presenceStats', id, ...(await presence.stats(command.channel)) };
      }
      case 'history':
        return this.#history(session, command);
      case 'rpc':
        return this.#rpc(session, id, command.method, command.data);
      case 'refresh':
        return this.#refresh(session, id, command.token);
      case 'subRefresh':
        return this.#subRefresh(session, id, command.channel, command.token);
    }
  }

  /** Pages follow one another: a client that requests the next page must have the one before. */
  async #history(session: CommandingSession, command: HistoryCommand): Promise<Reply> {
    const { id, channel, since, reverse } = command;
    this.#check(session, channel, 'readHistory');
    const limit = command.limit < 0 ? MAX_HISTORY : Math.min(command.limit, MAX_HISTORY);
    const paged = since === undefined ? undefined : this.#pagedBy(session);
    if (paged?.has(channel)) throw new ProtocolError('concurrentPagination');
    paged?.add(channel);
    const maxBytes = Math.min(MAX_PAGE_BYTES, this.#options.maxMessageBytes - REPLY_BYTES);
    const query = { limit, since, reverse, maxBytes, bytesEach: LISTED_BYTES };
    try {
      const history = await readHistory(this.#options.broker, channel, query);
      return { type: 'history', id, ...history };
    } finally {
      paged?.delete(channel);
    }
  }

  #pagedBy(session: CommandingSession): Set<string> {
    const paged = this.#paged.get(session) ?? new Set();
    this.#paged.set(session, paged);
    return paged;
  }

  async #publish(session: CommandingSession, command: PublishCommand): Promise<Reply> {
    const { id, channel, data, isBase64 } = command;
    if (session.access !== undefined) {
      const subscription = session.subscriptions.get(channel);
      session.access.checkPublish(channel, subscription?.hasBegun ? subscription.grant : undefined);
      const allowed = { data, isBase64, isTransient: false };
      const reply = await this.#publishAllowed(session, id, channel, allowed);
      if (subscription !== undefined) this.#options.observer?.handleClientEvent(subscription, data);
      return reply;
    }
    if (this.#options.getOptions(channel).publish === 'hook') {
      return this.#publishByHook(session, command);
    }
    this.#check(session, channel, 'publish');
    return this.#publishAllowed(session, id, channel, {
      data,
      isBase64,
      isTransient: false,
    });
  }

  /** The backend decides whether the client may publish, and may replace the data. */
  async #publishByHook(
    session: CommandingSession,
    { id, channel, data, isBase64 }: PublishCommand,
  ): Promise<Reply> {
    const { publish } = this.#options.hooks;
    if (publish === undefined) {
      throw new ProtocolError('notAvailable', 'this channel needs a publish hook');
    }
    this.#checkSize(data, '');
    const { client, credentials, origin } = session;
    const allowed = await publish({
      client,
      credentials,
      origin,
      channel,
      data,
      isBase64,
    });
    return this.#publishAllowed(session, id, channel, allowed);
  }

  async #publishAllowed(
    session: CommandingSession,
    id: number,
    channel: string,
    { data, isBase64, isTransient }: AllowedPublication,
  ): Promise<Reply> {
    const grant = session.subscriptions.get(channel)?.grant ?? PLAIN_GRANT;
    const info = `"info":${toInfoLine(toClientInfo(session, grant))}`;
    const extra = isBase64 ? `${BASE64_MARK},${info}` : info;
    this.#checkSize(data, extra);
    await this.#options.broker.publish(channel, data, {
      extra,
      ...(isTransient && { isTransient }),
    });
    return { type: 'published', id };
  }

  async #rpc(
    { client, credentials, origin }: CommandingSession,
    id: number,
    method: string,
    data: JsonLine | undefined,
  ): Promise<Reply> {
    const { rpc } = this.#options;
    if (rpc === undefined) throw new ProtocolError('notAvailable', 'rpc');
    return { type: 'rpc', id, data: await rpc({ client, credentials, method, data, origin }) };
  }

  async #refresh(session: CommandingSession, id: number, token: string): Promise<Reply> {
    const { access, expiry, renewals, version } = this.#options;
    const credentials = await access.refresh(session.client, session.credentials, token);
    expiry.check(credentials);
    session.renew(credentials);
    const { client } = session;
    const ttlS = renewals.getSessionTtlS(credentials);
    return { type: 'refreshed', id, client, version, ttlS };
  }

  async #subRefresh(
    session: CommandingSession,
    id: number,
    channel: string,
    token: string,
  ): Promise<Reply> {
    const { access, expiry, renewals } = this.#options;
    const subscription = session.subscriptions.get(channel);
    if (subscription === undefined) {
      throw new ProtocolError('permissionDenied', 'not subscribed');
    }
    const { client, credentials } = session;
    const attempt = { client, credentials, channel, token, data: undefined };
    const grant = await access.subRefresh(attempt);
    expiry.check(grant);
    session.subscriptions.refresh(subscription, grant);
    return { type: 'subRefreshed', id, ttlS: renewals.getSubscriptionTtlS(channel, grant) };
  }

  /**
   * Refuses data that is too large, or that does not fit into a message with its publisher's info.
   */
  #checkSize(data: JsonLine, extra: string): void {
    const { maxDataBytes, maxMessageBytes } = this.#options;
    if (isOver(data, maxDataBytes)) {
      const detail = `data has ${Buffer.byteLength(data)} bytes as JSON, ${maxDataBytes} are allowed`;
      throw new ProtocolError('limitExceeded', detail);
    }
    const mostBytes = 2 * (data.length + extra.length) * 3 + REPLY_BYTES;
    if (mostBytes <= maxMessageBytes) return;
    const bytes = 2 * Buffer.byteLength(data) + Buffer.byteLength(extra) + REPLY_BYTES;
    if (bytes > maxMessageBytes) {
      throw new ProtocolError('limitExceeded', 'data and info do not fit into a message');
    }
  }

  #presenceOn(session: CommandingSession, channel: string): Presence {
    const { presence, getOptions } = this.#options;
    const isKnown =
      getOptions(channel).presence || session.subscriptions.get(channel)?.terms.isMember;
    if (presence === undefined || isKnown !== true)
      throw new ProtocolError('notAvailable', 'presence');
    this.#check(session, channel, 'readPresence');
    return presence;
  }

  #check(
    session: CommandingSession,
    channel: string,
    right: 'publish' | 'readHistory' | 'readPresence',
  ): void {
    const who = this.#options.getOptions(channel)[right];
    if (who === 'nobody') throw new ProtocolError('notAvailable', NAMES[right]);
    if (!isAmong(session, channel, who)) throw new ProtocolError('permissionDenied');
  }
}

const NAMES = { publish: 'publish', readHistory: 'history', readPresence: 'presence' };

function isAmong(
  { credentials, subscriptions }: CommandingSession,
  channel: string,
  who: Who | 'hook',
): boolean {
  switch (who) {
    case 'everyone':
      return true;
    case 'users':
      return credentials.user !== '';
    case 'subscribers':
      return subscriptions.get(channel)?.hasBegun === true;
    case 'nobody':
    case 'hook':
      return false;
  }
}
