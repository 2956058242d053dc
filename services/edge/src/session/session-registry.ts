import { randomUUID } from 'node:crypto';
import type {
  ControlHandler,
  ControlReply,
  ControlRequest,
  NodeInfo,
  SessionFilter,
} from '@newswire/broker';
import type { Frame, CloseKind } from '@newswire/protocol';
import { omitUndefined } from '@newswire/runtime';
import type { ClientIdentity, Credentials } from '../access/access.js';
import type { BlockedUsers } from '../access/blocked-users.js';
import type { Hub } from '../channel/hub.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

/** The part of a session that the server API and other edges control. */
export interface ControlledSession extends ClientIdentity {
  /** A secret that identifies the session where its commands arrive as separate requests. */
  readonly emulationId: string | undefined;
  readonly subscriptions: Pick<SessionSubscriptions, 'add' | 'end'>;
  handleFrame(frame: Frame): void;
  /** Replaces the credentials by others of the same user, which may expire at another time. */
  renew(credentials: Credentials): void;
  close(kind: CloseKind): void;
  /** Closes the connection with any close code. */
  closeWith(code: number, reason: string): void;
}

const UUID_LENGTH = 36;
const idBytes = Buffer.alloc(UUID_LENGTH);

/**
 * Returns a new id of a client. Node makes a UUID as a tree of 14 pieces. In one piece it takes an
 * eighth of the memory.
 */
export function newClientId(): string {
  idBytes.write(randomUUID(), 'latin1');
  return idBytes.toString('latin1');
}

/** The connected sessions of this edge, by client and by user. */
export class SessionRegistry {
  readonly #byClient = new Map<string, ControlledSession>();
  readonly #byUser = new Map<string, Set<ControlledSession>>();
  readonly #emulated = new Map<string, ControlledSession>();

  add(session: ControlledSession): void {
    const { client, emulationId } = session;
    const { user } = session.credentials;
    this.#byClient.set(client, session);
    if (emulationId !== undefined) this.#emulated.set(emulationId, session);
    if (user === '') return;
    const others = this.#byUser.get(user);
    if (others === undefined) this.#byUser.set(user, new Set([session]));
    else others.add(session);
  }

  remove(session: ControlledSession): void {
    const { client, emulationId } = session;
    const { user } = session.credentials;
    // A session that was never connected has no entry.
    if (this.#byClient.get(client) !== session) return;
    this.#byClient.delete(client);
    if (emulationId !== undefined) this.#emulated.delete(emulationId);
    const others = this.#byUser.get(user);
    others?.delete(session);
    if (others?.size === 0) this.#byUser.delete(user);
  }

  /** A copy of the list of matching sessions: safe to iterate while they leave. */
  find({ user, client }: SessionFilter): ControlledSession[] {
    if (client === undefined || client === '') return [...(this.#byUser.get(user ?? '') ?? [])];
    const session = this.#byClient.get(client);
    if (session === undefined) return [];
    const isMeant = user === undefined || user === '' || session.credentials.user === user;
    return isMeant ? [session] : [];
  }

  /** The session whose commands arrive as separate requests, by its secret. */
  findEmulated(id: string): ControlledSession | undefined {
    return this.#emulated.get(id);
  }

  get clientCount(): number {
    return this.#byClient.size;
  }

  /** The number of users with a name. A user with several tabs counts once. */
  get userCount(): number {
    return this.#byUser.size;
  }
}

export interface ControlHandlerOptions {
  readonly hub: Pick<Hub, 'counts' | 'channelCount' | 'subscriptionCount'>;
  readonly registry: SessionRegistry;
  readonly blocked: Pick<BlockedUsers, 'reload'>;
  /** The properties of this edge that do not change. */
  readonly node: Pick<NodeInfo, 'uid' | 'name' | 'version'>;
  /** Seconds since this edge started. */
  readonly uptimeS: () => number;
}

type SubscribeCall = Extract<ControlRequest, { readonly method: 'subscribe' }>;
type RefreshCall = Extract<ControlRequest, { readonly method: 'refresh' }>;

/** Handles requests of center and of other edges. Only this edge's sessions are counted. */
export function createControlHandler(options: ControlHandlerOptions): ControlHandler {
  const { hub, registry } = options;
  return (request): ControlReply | Promise<ControlReply> => {
    switch (request.method) {
      case 'channels':
        return { channels: hub.counts() };
      case 'info':
        return { info: getNodeInfo(options) };
      case 'reloadBlocked':
        return options.blocked.reload().then(() => ({}));
      case 'disconnect':
        return each(registry.find(request), (session) =>
          session.closeWith(request.code, request.reason),
        );
      case 'unsubscribe':
        return each(registry.find(request), (session) =>
          session.subscriptions.end(request.channel, request.kind ?? 'server'),
        );
      case 'subscribe':
        return each(registry.find(request), (session) => subscribe(session, request));
      case 'refresh':
        return each(registry.find(request), (session) => refresh(session, request));
      case 'emulate': {
        const session = registry.findEmulated(request.session);
        session?.handleFrame(request.isBase64 ? Buffer.from(request.data, 'base64') : request.data);
        return { count: session === undefined ? 0 : 1 };
      }
    }
  };
}

/** Every matching session is counted, even if there is nothing to do for it. */
function each(
  sessions: readonly ControlledSession[],
  act: (session: ControlledSession) => unknown,
): ControlReply {
  for (const session of sessions) act(session);
  return { count: sessions.length };
}

function subscribe(
  session: ControlledSession,
  { channel, info, data, since, expiresAtMs }: SubscribeCall,
): void {
  session.subscriptions.add(channel, omitUndefined({ info, data, expiresAtMs }), since);
}

function refresh(session: ControlledSession, { expired, expiresAtMs, info }: RefreshCall): void {
  if (expired) return session.close('expired');
  const { expiresAtMs: _, ...credentials } = session.credentials;
  return session.renew({
    ...credentials,
    ...omitUndefined({ expiresAtMs, info }),
  });
}

function getNodeInfo({ hub, registry, node, uptimeS }: ControlHandlerOptions): NodeInfo {
  return {
    ...node,
    clients: registry.clientCount,
    users: registry.userCount,
    subs: hub.subscriptionCount,
    channels: hub.channelCount,
    uptime: Math.floor(uptimeS()),
  };
}
