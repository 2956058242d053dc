import { CLOSES } from '@newswire/protocol';
import {
  counter,
  gauge,
  Histogram,
  type Logger,
  type Registry,
  describeError,
} from '@newswire/runtime';
import type { BoundedLog } from './bounded-log.js';
import type { AccessEvents, EdgeEvents, SessionIdentity } from './edge-events.js';

/** The numbers that a scrape reads. */
export interface EdgeGauges {
  readonly sessions: () => number;
  readonly channels: () => number;
  readonly catchingUp: () => number;
}

/** Registers the gauges of an edge. */
export function registerGauges(registry: Registry, { sessions, channels, catchingUp }: EdgeGauges) {
  gauge(registry, 'newswire_edge_sessions', 'Open client connections.', sessions);
  gauge(
    registry,
    'newswire_edge_channels',
    'Channels that the edge follows, including those without sessions for the last seconds.',
    channels,
  );
  gauge(
    registry,
    'newswire_edge_catching_up',
    'Sessions that catch-up serves, because they are not on the live flow.',
    catchingUp,
  );
}

/**
 * Counts an edge's events, and logs those that an operator needs to know. Lines that clients can
 * cause go to `log`, which bounds their number.
 */
export function observeEdge(registry: Registry, logger: Logger, log: BoundedLog): EdgeEvents {
  // At the start, the broker usually becomes reachable soon.
  log.postpone(UNREACHABLE);

  const count = <Label extends string = never>(name: string, help: string, label?: Label) =>
    counter(registry, `newswire_edge_${name}`, help, label === undefined ? [] : [label]);
  const publications = count(
    'publications_total',
    'Publications that were flushed to subscribers.',
  );
  const deliveries = count('deliveries_total', 'Deliveries of publications to live sessions.');
  const served = count(
    'log_deliveries_total',
    'Publications that catch-up sent to single sessions.',
  );
  const slow = count(
    'slow_total',
    'Times that a session left the live flow because it read too slowly.',
  );
  const reads = count('history_reads_total', "Reads of the broker's log.");
  const retries = count(
    'broker_retries_total',
    'Requests to the broker that failed and are tried again.',
  );
  const fills = count(
    'gap_fills_total',
    'Times that a channel was compared with its log because publications may have been missed.',
  );
  const gaps = count(
    'gaps_total',
    'Times that publications of a channel were missed and its sessions notified.',
  );
  const recoveries = count(
    'recoveries_total',
    'Requests to recover from a position, by whether all publications since then were available.',
    'recovered',
  );
  const refused = count(
    'connections_refused_total',
    'Refused connections, by reason: draining, full, rate, address, user.',
    'reason',
  );
  const closes = count('closes_total', 'Ended sessions, by close code.', 'code');
  return {
    ...observeAccess(registry),
    onConnectionRefused: (reason) => refused.inc({ reason }),
    onSessionConnected: () => undefined,
    onSessionClosed: (session, code) => {
      closes.inc({ code: closeLabel(code) });
      if (code !== CLOSES.slow.code) return;
      log.warn('slow', 'a slow client was closed with 3008', identify(session));
    },
    onFault: (session, err) =>
      void log.error('command', 'a command failed', { ...identify(session), err }),
    onFlush: (publicationCount, deliveryCount) => {
      publications.inc(publicationCount);
      deliveries.inc(deliveryCount);
    },
    onSlow: () => slow.inc(),
    onServed: (publicationCount) => served.inc(publicationCount),
    onRead: () => reads.inc(),
    onFill: () => fills.inc(),
    onGap: (channel, sessions) => {
      gaps.inc();
      logger.warn({ channel, sessions }, 'publications were missed, sessions are notified');
    },
    onRecovery: (recovered) => recoveries.inc({ recovered: String(recovered) }),
    onEncodingFault: (channel, sessions, err) => {
      const [first] = sessions;
      const only = sessions.length === 1 && first !== undefined ? identify(first) : {};
      const fields = { channel, ...only, sessions: sessions.length, err };
      log.error('encoding', 'publications cannot be encoded: closing with 3010', fields);
    },
    onBrokerFailure: (error, isUnreachable) => {
      retries.inc();
      // While the broker is unreachable, every channel keeps trying.
      const topic = isUnreachable ? UNREACHABLE : 'broker request';
      const reason = describeError(error);
      log.warn(topic, `a request to the broker failed and is tried again: ${reason}`);
    },
  };
}

const UNREACHABLE = 'broker unreachable';

/** Histogram buckets in seconds, up to the longest hook timeout. */
const HOOK_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Counts hook calls and refused tokens. */
function observeAccess(registry: Registry): AccessEvents {
  const calls = counter(
    registry,
    'newswire_edge_hook_calls_total',
    'Requests to hooks, by result. answered: a result, or an error for this client, including statuses such as 401 or 429. failed: all requests that end in error 100.',
    ['hook', 'result'],
  );
  const seconds = new Histogram({
    name: 'newswire_edge_hook_seconds',
    help: 'Duration of requests to hooks, answered or failed, in seconds.',
    labelNames: ['hook'],
    buckets: HOOK_BUCKETS_S,
    registers: [registry],
  });
  const tokens = counter(
    registry,
    'newswire_edge_tokens_refused_total',
    'Refused tokens, by reason: expired, early (not valid yet) or invalid.',
    ['reason'],
  );
  return {
    onHookCall: (hook, hasResult, tookMs) => {
      calls.inc({ hook, result: hasResult ? 'answered' : 'failed' });
      seconds.observe({ hook }, tookMs / 1000);
    },
    onTokenRefused: (reason) => tokens.inc({ reason }),
  };
}

/** The fields of every log line about a session. */
function identify({ client, credentials: { user } }: SessionIdentity) {
  return user === '' ? { client } : { client, user };
}

const STANDARD_CODES = [1000, 1001, 1005, 1006];
const OWN_CODES = Object.values(CLOSES).map(({ code }) => code);
const KNOWN_CODES = new Set<number>([...STANDARD_CODES, ...OWN_CODES]);

/** The label of a close code. Clients can send any code, which would create thousands of labels. */
function closeLabel(code: number): string {
  return KNOWN_CODES.has(code) ? String(code) : 'other';
}
