import type { Presence } from '@newswire/broker';
import { isRecord, ProtocolError, toOneLine, type ClientInfo } from '@newswire/protocol';
import {
  getPusherKind,
  isCacheChannel,
  TokenBucket,
  toUserChannel,
  type PusherApp,
} from '@newswire/runtime';
import {
  AccessClosedError,
  ANONYMOUS,
  type Access,
  type Credentials,
  type ProtocolAccess,
  type SubscribeAttempt,
  type SubscribeGrant,
} from '../../access/access.js';
import { resolveClientChannel, type GetNamespaceOptions } from '../../access/channel-rules.js';
import type { ProtocolServices } from '../protocol-module.js';
import { PUSHER_CLOSES } from './closes.js';
import { parseChannelData } from './user.js';

/** Client events that one connection may send per second, and at once. */
const CLIENT_EVENTS_PER_SECOND = 10;

const MAX_USER_ID_LENGTH = 128;
/** Of the data with which a client names its user or itself, in UTF-16 code units. */
const MAX_USER_DATA_LENGTH = 10_240;

/** Room for a reply with all members, besides their data. */
const LIST_BYTES = 4096;

/**
 * Access of one connection of Pusher's protocol: its backend signs for its socket id which channels it
 * may subscribe to. Public channels are as their namespace says.
 */
export class PusherAccess implements ProtocolAccess {
  readonly #app: PusherApp;
  readonly #socketId: string;
  readonly #general: Access;
  readonly #getOptions: GetNamespaceOptions;
  readonly #presence: Presence | undefined;
  readonly #maxMessageBytes: number;
  readonly #now: () => number;
  /** The id of its user, once the client has signed in. */
  #userId: string | undefined;
  #clientEvents: TokenBucket | undefined;

  constructor(app: PusherApp, socketId: string, services: ProtocolServices) {
    this.#app = app;
    this.#socketId = socketId;
    this.#general = services.access;
    this.#getOptions = services.getOptions;
    this.#presence = services.presence;
    this.#maxMessageBytes = services.maxMessageBytes;
    this.#now = services.now;
  }

  connect(): Credentials {
    return ANONYMOUS;
  }

  signIn(auth: string, data: string): Credentials {
    if (!this.#app.verifyAuth(`${this.#socketId}::user::${data}`, auth)) {
      throw new AccessClosedError(PUSHER_CLOSES.unauthorized);
    }
    const id = readUserId(data);
    if (this.#userId !== undefined && this.#userId !== id) {
      throw new AccessClosedError(PUSHER_CLOSES.unauthorized);
    }
    this.#userId = id;
    return { user: this.#app.toUser(id), subs: {} };
  }

  subscribe(attempt: SubscribeAttempt): SubscribeGrant | Promise<SubscribeGrant> {
    const name = this.#app.toName(attempt.channel);
    switch (getPusherKind(name)) {
      case 'public':
        return this.#subscribePublic(attempt, name);
      case 'private':
        this.#verify(name, name, attempt.token);
        this.#checkNamespace(attempt);
        return this.#toGrant(name);
      case 'presence':
        return this.#subscribePresence(attempt, name);
      case 'user':
        if (this.#userId !== undefined && name === toUserChannel(this.#userId)) return {};
        throw new ProtocolError('unauthorized', 'this channel is for another user: sign in first');
    }
  }

  checkPublish(channel: string, grant: SubscribeGrant | undefined): void {
    if (!this.#app.options.clientEvents) {
      throw new ProtocolError('permissionDenied', 'client events are not enabled for this app');
    }
    const kind = getPusherKind(this.#app.toName(channel));
    if (kind !== 'private' && kind !== 'presence') {
      const detail = 'client events are sent on private and presence channels only';
      throw new ProtocolError('permissionDenied', detail);
    }
    if (grant === undefined) throw new ProtocolError('permissionDenied', 'not subscribed');
    const nowMs = this.#now();
    const limit = CLIENT_EVENTS_PER_SECOND;
    this.#clientEvents ??= new TokenBucket(limit, limit, nowMs);
    if (this.#clientEvents.take(nowMs)) return;
    throw new ProtocolError('tooManyRequests', `${limit} client events per second are allowed`);
  }

  refresh(): Promise<Credentials> {
    return Promise.reject(new ProtocolError('notAvailable', 'refresh'));
  }

  subRefresh(): Promise<SubscribeGrant> {
    return Promise.reject(new ProtocolError('notAvailable', 'refresh'));
  }

  #subscribePublic(
    attempt: SubscribeAttempt,
    name: string,
  ): SubscribeGrant | Promise<SubscribeGrant> {
    if (this.#general.admitsAnonymous === false && attempt.credentials.user === '') {
      throw new ProtocolError(
        'unauthorized',
        'clients without a user are not admitted: sign in first',
      );
    }
    const granted = this.#general.subscribe({ ...attempt, token: '', data: undefined });
    const complete = (grant: SubscribeGrant) => ({ ...grant, ...this.#toGrant(name) });
    return granted instanceof Promise ? granted.then(complete) : complete(granted);
  }

  async #subscribePresence(attempt: SubscribeAttempt, name: string): Promise<SubscribeGrant> {
    const { client, credentials, channel, token, data = '' } = attempt;
    this.#verify(name, `${name}:${data}`, token);
    this.#checkNamespace(attempt);
    const user = data.length > MAX_USER_DATA_LENGTH ? undefined : parseChannelData(data);
    if (user === undefined || user.id.length > MAX_USER_ID_LENGTH) {
      throw new ProtocolError(
        'badRequest',
        'channel_data needs a user_id, and is limited to 10 KiB',
      );
    }
    const others = (await this.#presence?.members(channel)) ?? new Map<string, ClientInfo>();
    this.#checkRoom(others.values());
    const info = toOneLine(data);
    const own = { client, user: credentials.user, chanInfo: info };
    const members = new Map(others).set(client, own);
    return { ...this.#toGrant(name), info, presence: true, joinLeave: true, members };
  }

  /** What a signature gives: `signed` is the channel, with the client's data if it has some. */
  #verify(name: string, signed: string, auth: string): void {
    if (this.#app.verifyAuth(`${this.#socketId}:${signed}`, auth)) return;
    throw new ProtocolError('unauthorized', `the signature for ${name} is missing or wrong`);
  }

  /** A namespace that no client may subscribe to stays closed. */
  #checkNamespace({ channel }: SubscribeAttempt): void {
    if (resolveClientChannel(channel, this.#getOptions).subscribe !== 'nobody') return;
    throw new ProtocolError('permissionDenied', 'clients may not subscribe to this channel');
  }

  /** Cache channels need the last event, whatever the namespace keeps for clients. */
  #toGrant(name: string): SubscribeGrant {
    return {
      ...(isCacheChannel(name) ? { recovery: true } : {}),
      ...(this.#app.options.subscriptionCount ? { presence: true, joinLeave: true } : {}),
    };
  }

  #checkRoom(members: Iterable<ClientInfo>): void {
    let bytes = LIST_BYTES;
    for (const { user, chanInfo = '', connInfo = '' } of members) {
      bytes += 2 * (user.length + MAX_USER_ID_LENGTH) + Buffer.byteLength(chanInfo + connInfo);
    }
    if (bytes <= this.#maxMessageBytes / 2) return;
    throw new ProtocolError('limitExceeded', 'the members do not fit into a message');
  }
}

function readUserId(data: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    parsed = undefined;
  }
  const id = isRecord(parsed) ? parsed['id'] : undefined;
  const isValid = typeof id === 'string' && id !== '' && id.length <= MAX_USER_ID_LENGTH;
  if (isValid && data.length <= MAX_USER_DATA_LENGTH) return id;
  throw new ProtocolError('badRequest', 'user_data needs an id of 1 to 128 characters');
}
