import { CLOSES } from '@newswire/protocol';
import { Counter, counter, gauge, type Registry } from '@newswire/runtime';

/**
 * Registers an edge's metrics and returns its counters. `read` supplies the gauges' values at each
 * scrape.
 */
export function edgeMetrics(
  registry: Registry,
  read: Record<'sessions' | 'channels' | 'behind', () => number>,
) {
  gauge(registry, 'newswire_edge_sessions', 'Open client connections.', read.sessions);
  gauge(registry, 'newswire_edge_channels', 'Channels with at least one session.', read.channels);
  gauge(
    registry,
    'newswire_edge_catching_up',
    'Sessions that are served from the log instead of the live flow.',
    read.behind,
  );
  const count = (name: string, help: string) => counter(registry, `newswire_edge_${name}`, help);
  return {
    publications: count('publications_total', 'Publications that were flushed to subscribers.'),
    deliveries: count('deliveries_total', 'Deliveries of publications to live sessions.'),
    served: count('log_deliveries_total', 'Publications sent to one session from the log.'),
    slow: count(
      'slow_total',
      'Times that a session left the live flow because it read too slowly.',
    ),
    reads: count('history_reads_total', "Reads of the broker's log."),
    retries: count(
      'broker_retries_total',
      'Requests to the broker that failed and are tried again.',
    ),
    fills: count(
      'gap_fills_total',
      'Times that a channel was compared with its log because publications may have been missed.',
    ),
    gaps: count(
      'gaps_total',
      'Times that publications of a channel were missed and its sessions notified.',
    ),
    recoveries: new Counter({
      name: 'newswire_edge_recoveries_total',
      help: 'Requests to recover from a position, by whether all publications since then were available.',
      labelNames: ['recovered'],
      registers: [registry],
    }),
    refused: new Counter({
      name: 'newswire_edge_connections_refused_total',
      help: 'Refused connections, by reason: draining, full, rate, address, user.',
      labelNames: ['reason'],
      registers: [registry],
    }),
    closes: new Counter({
      name: 'newswire_edge_closes_total',
      help: 'Ended sessions, by close code.',
      labelNames: ['code'],
      registers: [registry],
    }),
  };
}

const STANDARD_CODES = [1000, 1001, 1005, 1006];
const OWN_CODES = Object.values(CLOSES).map(({ code }) => code);
const KNOWN_CODES = new Set<number>([...STANDARD_CODES, ...OWN_CODES]);

/** The label of a close code. Clients can send any code, which would create thousands of labels. */
export function closeLabel(code: number): string {
  return KNOWN_CODES.has(code) ? String(code) : 'other';
}
