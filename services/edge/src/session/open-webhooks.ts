import { EventReporter, type EventWriter } from '@newswire/broker';
import {
  type ChannelOptions,
  type Config,
  counter,
  describeError,
  type Registry,
} from '@newswire/runtime';
import type { BoundedLog } from '../bounded-log.js';
import { WebhookReports } from './webhook-reports.js';

/** The settings that `openWebhooks` reads. */
export const WEBHOOK_REPORT_SETTINGS = ['webhookEvents', 'presenceLeaseMs'] as const;

export interface WebhookParts extends Pick<ChannelOptions, 'getOptions' | 'sections'> {
  readonly writer: EventWriter;
  readonly log: BoundedLog;
  readonly registry: Registry;
}

/** Returns undefined if neither a namespace nor the settings enable an event. */
export function openWebhooks(
  config: Config<(typeof WEBHOOK_REPORT_SETTINGS)[number]>,
  { writer, getOptions, sections, log, registry }: WebhookParts,
): WebhookReports | undefined {
  const clientEvents = new Set(config.webhookEvents);
  const hasChannelEvents = [...sections.values()].some(({ events }) => events.size > 0);
  if (!hasChannelEvents && clientEvents.size === 0) return undefined;
  const dropped = counter(
    registry,
    'newswire_edge_webhook_events_dropped_total',
    'Events for the webhook that were dropped, by reason. buffer: Redis or center was away for too long. queue: the queue of events was full.',
    ['reason'],
  );
  const reporter = new EventReporter({
    writer,
    leaseMs: config.presenceLeaseMs,
    onDropped: (count, reason) => {
      dropped.inc({ reason }, count);
      log.warn('webhook events', `events for the webhook were dropped: ${DROPPED[reason]}`);
    },
    onFailure: (error) =>
      log.warn('webhook', `events for the webhook wait: ${describeError(error)}`),
  });
  return new WebhookReports({ reporter, getOptions, clientEvents, wallNow: Date.now });
}

const DROPPED = {
  buffer: 'too many wait while they cannot be written to Redis or center',
  queue: 'the queue is full, because the webhook does not accept them fast enough',
};
