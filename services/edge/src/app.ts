import type { Broker, Control } from '@newswire/broker';
import { CLOSES, seedWire } from '@newswire/protocol';
import {
  Counter,
  counter,
  gauge,
  persist,
  type Config,
  type Logger,
  type Registry,
} from '@newswire/runtime';
import { errorReply, type Server } from '@newswire/transport';
import { drainSessions } from './drain.js';
import { Heartbeats } from './heartbeats.js';
import { Hub } from './hub.js';
import { Outbox } from './outbox.js';
import { Session, type SessionContext } from './session.js';

/** The settings an edge reads, beside those of its process. */
export const EDGE_SETTINGS = [
  'maxChannelsPerSession',
  'maxBufferedBytes',
  'maxFlushBytes',
  'pingIntervalMs',
  'pingTimeoutMs',
  'drainMs',
] as const;

export interface EdgeParts {
  readonly server: Server;
  readonly broker: Broker;
  readonly control: Control;
  readonly config: Config<(typeof EDGE_SETTINGS)[number]>;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** What a process that runs an edge needs to know of it. */
export interface Edge {
  /** Why this edge should get no new clients: empty while it should. */
  readonly notReady: () => string[];
  /** Refuses new clients, and sends the others away at a bounded pace. */
  readonly drain: () => Promise<void>;
}

/** A frame above this closes the connection; a command has less. */
const MAX_FRAME_BYTES = 65_536;

/** Puts an edge on the server: `/ws`, and its answers to center. */
export function createEdge(parts: EdgeParts): Edge {
  const { server, broker, control, config, logger, registry } = parts;
  const sessions = new Set<Session>();
  const metrics = edgeMetrics(registry, sessions, () => hub.channelCount);
  let isDraining = false;

  const outbox = new Outbox(server, {
    ...config,
    onFault: (channel, error) => {
      logger.error(error, `publications of ${channel.name} cannot be encoded: closing with 3010`);
      for (const session of channel.sessions()) session.close('insufficientState');
    },
    onFlush: (publications, audience) => {
      metrics.publications.inc(publications);
      metrics.deliveries.inc(publications * audience);
    },
  });
  // Once in a while is enough: while Redis is away, every channel keeps trying.
  const onFailure = (error: unknown, attempt: number) => {
    if (attempt % 10 === 3) logger.warn(`still trying to reach the broker: ${String(error)}`);
  };
  const hub = new Hub(broker, outbox, {
    persist: (act, isStillWanted) => persist(act, isStillWanted, { onFailure }),
    onFill: () => metrics.fills.inc(),
    onGap: (channel, count) => {
      metrics.gaps.inc();
      logger.warn({ channel, sessions: count }, 'publications were missed: closing with 3010');
    },
  });
  const now = () => performance.now();
  const context: SessionContext = {
    join: (session, channel) => hub.join(session, channel),
    leave: (session, channel) => hub.leave(session, channel),
    handleClosed: (session, code) => {
      sessions.delete(session);
      metrics.closes.inc({ code: closeLabel(code) });
      if (code === CLOSES.slow.code) logger.warn('a slow client was closed with 3008');
    },
    handleFault: (error) => logger.error(error, 'a command failed'),
    maxChannelsPerSession: config.maxChannelsPerSession,
    now,
  };
  const heartbeats = new Heartbeats(sessions, { ...config, now });

  server.webSocket('/ws', {
    maxFrameBytes: MAX_FRAME_BYTES,
    refuse: () => (isDraining ? errorReply(503, 'internal', 'this edge is draining') : undefined),
    handleOpen: (connection) => {
      const session = new Session(connection, seedWire, context);
      sessions.add(session);
      return session;
    },
  });
  void persist(
    () => control.serve(() => ({ channels: hub.counts() })),
    () => !isDraining,
    { onFailure },
  );

  return {
    notReady: () => {
      const fault = broker.fault();
      return [...(isDraining ? ['this edge is draining'] : []), ...(fault ? [fault] : [])];
    },
    drain: async () => {
      isDraining = true;
      logger.info({ sessions: sessions.size, drainMs: config.drainMs }, 'draining');
      await drainSessions(sessions, config.drainMs);
      heartbeats.stop();
    },
  };
}

const STANDARD_CODES = [1000, 1001, 1005, 1006];
const OWN_CODES = Object.values(CLOSES).map(({ code }) => code);
const KNOWN_CODES = new Set<number>([...STANDARD_CODES, ...OWN_CODES]);

/** Clients may choose any code: as labels they would be thousands. */
function closeLabel(code: number): string {
  return KNOWN_CODES.has(code) ? String(code) : 'other';
}

function edgeMetrics(registry: Registry, sessions: Set<Session>, channelCount: () => number) {
  gauge(registry, 'newswire_edge_sessions', 'Open client connections.', () => sessions.size);
  gauge(registry, 'newswire_edge_channels', 'Channels with at least one session.', channelCount);
  return {
    publications: counter(
      registry,
      'newswire_edge_publications_total',
      'Publications handed to their subscribers.',
    ),
    deliveries: counter(
      registry,
      'newswire_edge_deliveries_total',
      'Publications times the sessions they went to.',
    ),
    fills: counter(
      registry,
      'newswire_edge_gap_fills_total',
      'Times that a channel was compared with its log, because something may have been missed.',
    ),
    gaps: counter(
      registry,
      'newswire_edge_gaps_total',
      'Times that publications of a channel were missed, and its sessions told.',
    ),
    closes: new Counter({
      name: 'newswire_edge_closes_total',
      help: 'Ended sessions, by close code.',
      labelNames: ['code'],
      registers: [registry],
    }),
  };
}
