import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Broker, Control } from '@newswire/broker';
import { centrifugeWire, CLOSES, plainSseWire, seedWire } from '@newswire/protocol';
import { type Config, type Logger, persist, type Registry, VERSION } from '@newswire/runtime';
import type {
  Connection,
  Handshake,
  HttpReply,
  Origin,
  Server,
  WebSocketOpening,
} from '@newswire/transport';
import { centrifugeStreams } from './streams/centrifuge-streams.js';
import { drainSessions } from './drain.js';
import { EdgeCore, type EdgePowers, type Timeouts } from './edge-core.js';
import { computeMaxFrameBytes, MESSAGE_LIMIT_SETTINGS } from './message-limits.js';
import { closeLabel, edgeMetrics } from './edge-metrics.js';
import { emulationRoute } from './streams/emulation.js';
import { BoundedLog } from './access/bounded-log.js';
import { RateLimits } from './session/rate-limits.js';
import { ConnectionLimiter } from './session/connection-limiter.js';
import { negotiate } from './session/handshake.js';
import { Heartbeats } from './session/heartbeats.js';
import { plainSse } from './streams/plain-sse.js';
import { jsonRefusal, type Refusal, unavailable } from './streams/refusal.js';
import type { Session, WireChoice } from './session/session.js';

/** The settings that an edge reads, besides those of its process. */
export const EDGE_SETTINGS = [
  'maxConnections',
  'maxConnectionsPerUser',
  'maxConnectionsPerAddress',
  'connectsPerSecond',
  'commandsPerSecond',
  'maxBufferedBytes',
  'maxFlushBytes',
  'maxLagBytes',
  'maxLagMs',
  'ringSize',
  'ringBytes',
  'ringIdleMs',
  'checkIntervalMs',
  'subscribeTimeoutMs',
  'pingIntervalMs',
  'pingTimeoutMs',
  'drainMs',
  ...MESSAGE_LIMIT_SETTINGS,
] as const;

export interface EdgeParts extends EdgePowers {
  readonly patience?: Timeouts;
  readonly server: Server;
  readonly broker: Broker;
  readonly control: Control;
  readonly config: Config<(typeof EDGE_SETTINGS)[number]>;
  readonly logger: Logger;
  readonly registry: Registry;
  /**
   * The limit of data in the broker's logs, in UTF-8 bytes; undefined if they have no such limit.
   */
  readonly historyBytes?: number | undefined;
}

/** What a process can do with its edge. */
export interface Edge {
  /** The reasons why this edge should get no new clients; empty if there are none. */
  readonly notReady: () => string[];
  /** Refuses new clients, and closes the connections of the others at a bounded pace. */
  readonly drain: () => Promise<void>;
}

/** The minimum time between two log lines about failed requests to the broker. */
const WARNING_INTERVAL_MS = 10_000;

/** How often `EdgeCore.sweep` runs. */
const SWEEP_INTERVAL_MS = 250;

/** The smallest burst of requests to `/emulation` for missing sessions that an address may send. */
const MIN_MISSES = 100;

/** The number of addresses for which these requests are counted. */
const MAX_ADDRESSES = 100_000;

/** On `/ws` the first frame selects the wire: only Centrifuge's frames begin with a brace. */
const WIRES: readonly [path: string, choose: WireChoice][] = [
  ['/ws', (frame) => (frame.startsWith('{') ? centrifugeWire : seedWire)],
  ['/connection/websocket', () => centrifugeWire],
];

/**
 * Adds an edge to the server: its endpoints for clients, and its handler for center's requests.
 * Throws ConfigError if the message limits contradict other settings.
 */
export function createEdge(parts: EdgeParts): Edge {
  const { server, broker, control, config, logger, registry } = parts;
  const { access, getOptions, presence, rpc } = parts;
  const maxFrameBytes = computeMaxFrameBytes(config);
  const sessions = new Set<Session>();
  const uid = randomUUID();
  const metrics = edgeMetrics(registry, {
    sessions: () => sessions.size,
    channels: () => core.hub.channelCount,
    behind: () => core.catchUp.sessionCount,
  });
  let isDraining = false;

  // Whole milliseconds: every session stores several times, and each fraction would be a separate
  // object.
  const now = () => Math.floor(performance.now());
  // While the broker is unreachable, every channel keeps trying: one line for all of them is
  // enough. The broker itself logs that it is unreachable, so only other faults are logged
  // immediately.
  let nextWarningMs = now() + WARNING_INTERVAL_MS;
  let nextRefusalMs = -Infinity;
  const onFailure = (error: unknown) => {
    metrics.retries.inc();
    if (now() < (broker.fault === undefined ? nextRefusalMs : nextWarningMs)) return;
    nextRefusalMs = nextWarningMs = now() + WARNING_INTERVAL_MS;
    logger.warn(`a request to the broker failed and is tried again: ${describeError(error)}`);
  };
  const log = new BoundedLog(logger, now);
  const connectionLimiter = new ConnectionLimiter({
    ...config,
    now,
    onRefused: (reason) => metrics.refused.inc({ reason }),
  });
  const core = new EdgeCore(broker, server, {
    ...config,
    maxFrameBytes,
    ...parts.patience,
    admits: (session, user) => connectionLimiter.admits(session, user),
    historyBytes: parts.historyBytes,
    slowCheckBytes: config.maxBufferedBytes / 16,
    access,
    getOptions,
    presence,
    rpc,
    version: VERSION,
    nodeUid: uid,
    nodeName: `${hostname()}_${process.pid}`,
    now,
    retry: (act, isStillWanted) => persist(act, isStillWanted, { onFailure }),
    onSlow: () => metrics.slow.inc(),
    onServed: (publications) => metrics.served.inc(publications),
    onFlush: (publications, deliveries) => {
      metrics.publications.inc(publications);
      metrics.deliveries.inc(deliveries);
    },
    onRead: () => metrics.reads.inc(),
    onFill: () => metrics.fills.inc(),
    onRecovery: (recovered) => metrics.recoveries.inc({ recovered: String(recovered) }),
    onGap: (channel, count) => {
      metrics.gaps.inc();
      logger.warn({ channel, sessions: count }, 'publications were missed, sessions are notified');
    },
    onFault: (channel, faulty, error) => {
      logger.error(error, `publications of ${channel.name} cannot be encoded: closing with 3010`);
      for (const session of faulty) session.close('insufficientState');
    },
    handleClosed: (session, code) => {
      sessions.delete(session);
      connectionLimiter.leave(session);
      metrics.closes.inc({ code: closeLabel(code) });
      if (code === CLOSES.slow.code) log.warn('slow', 'a slow client was closed with 3008');
    },
    onPresenceFailure: onFailure,
    handleFault: (error) => logger.error(error, 'a command failed'),
  });
  const heartbeats = new Heartbeats(sessions, { ...config, now });
  const sweeper = setInterval(() => core.sweep(), SWEEP_INTERVAL_MS).unref();

  const refuse = (): Refusal | undefined => {
    if (!isDraining && !connectionLimiter.isFull) return undefined;
    const reason = isDraining ? 'draining' : 'full';
    metrics.refused.inc({ reason });
    return unavailable(`this edge is ${reason}`);
  };
  const opener = (choose: WireChoice) => (connection: Connection, origin: Origin) => {
    const session = core.open(connection, choose, origin);
    sessions.add(session);
    connectionLimiter.enter(session);
    return session;
  };
  const handleOpen = opener(() => centrifugeWire);
  const openProtobuf = (connection: Connection, origin: Origin) => {
    const session = handleOpen(connection, origin);
    session.close('inappropriateProtocol');
    return session;
  };
  for (const [path, choose] of WIRES) {
    const openUnnamed = opener(choose);
    const accept = (handshake: Handshake): WebSocketOpening | HttpReply => {
      const refusal = refuse();
      if (refusal !== undefined) return jsonRefusal(refusal);
      const { subprotocol, encoding } = negotiate(handshake);
      if (encoding === undefined) return { subprotocol, handleOpen: openUnnamed };
      return { subprotocol, handleOpen: encoding === 'json' ? handleOpen : openProtobuf };
    };
    server.webSocket(path, { maxFrameBytes, accept });
  }
  for (const endpoint of centrifugeStreams({ refuse, maxFrameBytes, handleOpen })) {
    server.stream(endpoint);
  }
  server.stream(plainSse({ refuse, handleOpen: opener(() => plainSseWire) }));
  const misses = new RateLimits({
    perSecond: config.connectsPerSecond,
    burst: Math.max(config.connectsPerSecond, MIN_MISSES),
    maxKeys: MAX_ADDRESSES,
    now,
  });
  server.route([emulationRoute({ uid, own: core.control, control, maxFrameBytes, misses })]);

  let whyUnserved: string | undefined = 'center cannot reach this edge yet';
  void persist(
    async () => {
      await control.serve(core.control, uid);
      whyUnserved = undefined;
    },
    () => !isDraining,
    {
      onFailure: (error) => {
        whyUnserved = `center cannot reach this edge: ${describeError(error)}`;
        onFailure(error);
      },
    },
  );

  return {
    notReady: () => {
      const fault = broker.fault ?? whyUnserved;
      return [...(isDraining ? ['this edge is draining'] : []), ...(fault ? [fault] : [])];
    },
    drain: async () => {
      isDraining = true;
      logger.info({ sessions: sessions.size, drainMs: config.drainMs }, 'draining');
      await drainSessions(sessions, config.drainMs);
      heartbeats.stop();
      clearInterval(sweeper);
    },
  };
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
