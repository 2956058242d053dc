import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { BlockList, Broker, Control, Presence } from '@newswire/broker';
import type { CloseKind } from '@newswire/protocol';
import {
  describeError,
  NO_PUSHER_APPS,
  type PusherApps,
  type Logger,
  retryUntilDone,
  type Registry,
  VERSION,
} from '@newswire/runtime';
import type { Server } from '@newswire/transport';
import { type Access, NO_HOOKS, type RpcHandler, type SessionHooks } from './access/access.js';
import { BLOCKED_RELOAD_MS } from './access/blocked-users.js';
import type { GetNamespaceOptions } from './access/channel-rules.js';
import type { EdgeConfig } from './edge-config.js';
import { EdgeCore } from './edge-core.js';
import type { EdgeEvents } from './edge-events.js';
import { registerGauges } from './edge-observer.js';
import type { ProtocolModule } from './protocols/protocol-module.js';
import { unavailable, type Refusal } from './protocols/refusal.js';
import { PROTOCOLS } from './protocols/registry.js';
import { serveProtocols, type EndpointEdge } from './protocols/serve-protocols.js';
import { ConnectionLimiter, UNCOUNTED_SLOT } from './session/connection-limiter.js';
import { Heartbeats } from './session/timeouts.js';
import type { WebhookReports } from './session/webhook-reports.js';
import { RateLimits } from './session/rate-limits.js';

/** The dependencies of an edge with a server of its own. */
export interface EdgeParts {
  readonly server: Server;
  readonly broker: Broker;
  readonly control: Control;
  /** Undefined: joins and leaves are neither reported nor received. */
  readonly presence?: Presence | undefined;
  /** Default: no user is blocked. */
  readonly blockList?: Pick<BlockList, 'list'>;
  readonly access: Access;
  /** Undefined: rpc is refused with error 108. */
  readonly rpc?: RpcHandler | undefined;
  /** Default: none. */
  readonly hooks?: SessionHooks | undefined;
  /** Default: no events for webhooks. */
  readonly webhooks?: WebhookReports | undefined;
  readonly getOptions: GetNamespaceOptions;
  /** The protocols that clients may use. Default: all of the registry. */
  readonly protocols?: readonly ProtocolModule[];
  /** The apps of Pusher's protocol. Default: none. */
  readonly apps?: PusherApps;
  readonly events: EdgeEvents;
  readonly logger: Pick<Logger, 'info'>;
  /** Receives the gauges of the edge. */
  readonly registry: Registry;
}

/** What a process can do with its edge. */
export interface Edge {
  /** The reasons why this edge should get no new clients; empty if there are none. */
  readonly notReady: () => string[];
  /** Refuses new clients, and closes the connections of the others at a bounded pace. */
  readonly drain: () => Promise<void>;
}

/** How often `EdgeCore.sweep` runs. */
const SWEEP_INTERVAL_MS = 250;

/** The smallest burst of requests to `/emulation` for missing sessions that an address may send. */
const MIN_MISSES = 100;

/** The number of addresses for which these requests are counted. */
const MAX_ADDRESSES = 100_000;

// Whole milliseconds: every session stores several times, and each fraction would be a separate
// object.
const now = () => Math.floor(performance.now());

/** Adds an edge to the server: its endpoints for clients, and its handler for center's requests. */
export function createEdge(config: EdgeConfig, parts: EdgeParts): Edge {
  const { server, broker, control, logger, registry } = parts;
  const events = parts.webhooks?.observe(parts.events) ?? parts.events;
  const uid = randomUUID();
  let isDraining = false;

  const onFailure = (error: unknown) => events.onBrokerFailure(error, broker.fault !== undefined);
  const core = new EdgeCore(config, {
    broker,
    presence: parts.presence,
    blockList: parts.blockList,
    publisher: server,
    access: parts.access,
    rpc: parts.rpc,
    hooks: parts.hooks ?? NO_HOOKS,
    webhooks: parts.webhooks,
    getOptions: parts.getOptions,
    events,
    clock: {
      now,
      wallNow: Date.now,
      defer: (act) => void setImmediate(act),
      retry: (act, isStillWanted) => retryUntilDone(act, isStillWanted, { onFailure }),
    },
    node: { uid, name: `${hostname()}_${process.pid}`, version: VERSION },
  });
  const { sessions } = core;
  registerGauges(registry, {
    sessions: () => sessions.size,
    channels: () => core.hub.channelCount,
    catchingUp: () => core.catchUp.sessionCount,
  });
  const connectionLimiter = new ConnectionLimiter({
    maxConnections: config.maxConnections,
    maxConnectionsPerUser: config.maxConnectionsPerUser,
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
    connectsPerSecond: config.connectsPerSecond,
    now,
  });
  const heartbeats = new Heartbeats(sessions, {
    pingIntervalMs: config.pingIntervalMs,
    pingTimeoutMs: config.pingTimeoutMs,
    now,
  });
  const sweeper = setInterval(() => core.sweep(), SWEEP_INTERVAL_MS).unref();
  const reload = () => core.blocked.reload();
  let blockListFault: string | undefined = 'the list of blocked users has not been read yet';
  void retryUntilDone(
    async () => {
      await reload();
      blockListFault = undefined;
    },
    () => !isDraining,
    { onFailure },
  );
  // A failed read leaves the list as it was.
  const reloader = setInterval(() => void reload().catch(() => undefined), BLOCKED_RELOAD_MS);
  reloader.unref();

  const refuse = (): Refusal | undefined => {
    if (!isDraining && !connectionLimiter.isFull) return undefined;
    const reason = isDraining ? 'draining' : 'full';
    events.onConnectionRefused(reason);
    return unavailable(`this edge is ${reason}`);
  };
  const open: EndpointEdge['open'] = (connection, origin, choose, opening) => {
    const slot = connectionLimiter.take(origin.address);
    const isRefused = typeof slot === 'string';
    const share = isRefused ? UNCOUNTED_SLOT : slot;
    const session = core.open(connection, choose, origin, share, opening);
    if (isRefused) {
      events.onConnectionRefused(slot);
      session.close(slot === 'rate' ? 'tooManyRequests' : 'connectionLimit');
    }
    return session;
  };
  const misses = new RateLimits({
    perSecond: config.connectsPerSecond,
    burst: Math.max(config.connectsPerSecond, MIN_MISSES),
    maxKeys: MAX_ADDRESSES,
    now,
  });
  const emulation = {
    uid,
    own: core.control,
    control,
    maxFrameBytes: config.maxFrameBytes,
    misses,
  };
  serveProtocols(server, { refuse, open }, parts.protocols ?? PROTOCOLS, emulation, {
    access: parts.access,
    getOptions: parts.getOptions,
    presence: parts.presence,
    apps: parts.apps ?? NO_PUSHER_APPS,
    maxMessageBytes: config.maxMessageBytes,
    now,
  });

  let controlFault: string | undefined = 'center cannot reach this edge yet';
  void retryUntilDone(
    async () => {
      await control.serve(core.control, uid);
      controlFault = undefined;
    },
    () => !isDraining,
    {
      onFailure: (error) => {
        controlFault = `center cannot reach this edge: ${describeError(error)}`;
        onFailure(error);
      },
    },
  );

  return {
    notReady: () => {
      const fault = broker.fault ?? controlFault ?? blockListFault;
      return [...(isDraining ? ['this edge is draining'] : []), ...(fault ? [fault] : [])];
    },
    drain: async () => {
      isDraining = true;
      logger.info({ sessions: sessions.size, drainMs: config.drainMs }, 'draining');
      await drainSessions(sessions, config.drainMs);
      await parts.webhooks?.close();
      heartbeats.stop();
      clearInterval(sweeper);
      clearInterval(reloader);
    },
  };
}

/** The time between two batches of closed sessions. */
const STEP_MS = 100;

/** How long closed connections get to receive their last bytes. */
const LAST_BYTES_MS = 250;

/**
 * Closes every session with 3001 (reconnect), spread evenly over `drainMs`, so that the other edges
 * do not get all reconnects together. Resolves when all are closed. Sessions that open meanwhile
 * are closed too.
 */
async function drainSessions(
  sessions: ReadonlySet<{ close(kind: CloseKind): void }>,
  drainMs: number,
): Promise<void> {
  const stepCount = Math.max(1, Math.floor(drainMs / STEP_MS));
  const batchSize = Math.max(1, Math.ceil(sessions.size / stepCount));
  while (sessions.size > 0) {
    for (const session of [...sessions].slice(0, batchSize)) session.close('shutdown');
    if (sessions.size > 0) await delay(STEP_MS);
  }
  await delay(LAST_BYTES_MS);
}
