import type { ControlHandler, ControlReply, ControlRequest, NodeInfo } from '@newswire/broker';
import type { Hub } from '../channel/hub.js';
import type { Session } from './session.js';
import type { SessionRegistry } from './session-registry.js';
import type { SessionSubscriptions } from './session-subscriptions.js';

export interface ControlHandlerOptions {
  readonly hub: Pick<Hub, 'counts' | 'channelCount' | 'subscriptionCount'>;
  readonly registry: SessionRegistry;
  readonly subscriptions: SessionSubscriptions;
  /** The properties of this edge that do not change. */
  readonly node: Pick<NodeInfo, 'uid' | 'name' | 'version'>;
  /** Seconds since this edge started. */
  readonly uptimeS: () => number;
}

type Subscribe = Extract<ControlRequest, { readonly method: 'subscribe' }>;
type Refresh = Extract<ControlRequest, { readonly method: 'refresh' }>;

/** Handles requests of center and of other edges. Only this edge's sessions are counted. */
export function controlHandler(options: ControlHandlerOptions): ControlHandler {
  const { hub, registry, subscriptions } = options;
  return (request): ControlReply => {
    switch (request.method) {
      case 'channels':
        return { channels: hub.counts() };
      case 'info':
        return { info: getNodeInfo(options) };
      case 'disconnect':
        return each(registry.find(request), (session) =>
          session.closeWith(request.code, request.reason),
        );
      case 'unsubscribe':
        return each(registry.find(request), (session) =>
          subscriptions.end(session, request.channel, request.kind ?? 'server'),
        );
      case 'subscribe':
        return each(registry.find(request), (session) => subscribe(options, session, request));
      case 'refresh':
        return each(registry.find(request), (session) => refresh(session, request));
      case 'emulate': {
        const session = registry.emulated(request.session);
        session?.handleText(request.data);
        return { count: session === undefined ? 0 : 1 };
      }
    }
  };
}

/** Every matching session is counted, even if there is nothing to do for it. */
function each(sessions: readonly Session[], act: (session: Session) => unknown): ControlReply {
  for (const session of sessions) act(session);
  return { count: sessions.length };
}

function subscribe(
  { subscriptions }: ControlHandlerOptions,
  session: Session,
  { channel, info, data, since, expiresAtMs }: Subscribe,
): void {
  const grant = {
    ...(info === undefined ? {} : { info }),
    ...(data === undefined ? {} : { data }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
  subscriptions.add(session, channel, grant, since);
}

function refresh(session: Session, { expired, expiresAtMs, info }: Refresh): void {
  if (expired) return session.close('expired');
  const { expiresAtMs: _, ...credentials } = session.credentials;
  return session.handleRefreshed({
    ...credentials,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(info === undefined ? {} : { info }),
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
