import { EventReporter, type EventWriter, type Presence } from '@newswire/broker';
import {
  type ChannelOptions,
  type Config,
  counter,
  describeError,
  type PusherApps,
  type Registry,
} from '@newswire/runtime';
import type { BoundedLog } from '../bounded-log.js';
import { PusherReports } from '../protocols/pusher/webhook-reports.js';
import { WebhookReports } from './webhook-reports.js';

/** The settings that `openWebhooks` reads. */
export const WEBHOOK_REPORT_SETTINGS = ['webhookEvents', 'presenceLeaseMs'] as const;

export interface WebhookParts extends Pick<ChannelOptions, 'getOptions' | 'sections'> {
  /** Apps may have webhooks of their own. */
  readonly apps: PusherApps;
  readonly presence: Presence;
  readonly writer: EventWriter;
  readonly log: BoundedLog;
  readonly registry: Registry;
}

/** Returns undefined if neither a namespace, nor the settings, nor an app enable an event. */
export function openWebhooks(
  config: Config<(typeof WEBHOOK_REPORT_SETTINGS)[number]>,
  { writer, getOptions, sections, apps, presence, log, registry }: WebhookParts,
): WebhookReports | undefined {
  const clientEvents = new Set(config.webhookEvents);
  const hasChannelEvents = [...sections.values()].some(({ events }) => events.size > 0);
  const hasAppEvents = apps.all.some(({ options: { webhook } }) => webhook !== undefined);
  if (!hasChannelEvents && !hasAppEvents && clientEvents.size === 0) return undefined;
  const dropped = counter(
    registry,
    'newswire_edge_webhook_events_dropped_total',
    'Events for the webhook that were dropped, by reason. buffer: Redis or center was away for too long. queue: the queue of events was full.',
    ['reason'],
  );
  const onFailure = (error: unknown) =>
    void log.warn('webhook', `events for the webhook wait: ${describeError(error)}`);
  const reporter = new EventReporter({
    writer,
    leaseMs: config.presenceLeaseMs,
    onDropped: (count, reason) => {
      dropped.inc({ reason }, count);
      log.warn('webhook events', `events for the webhook were dropped: ${DROPPED[reason]}`);
    },
    onFailure,
  });
  return new WebhookReports({
    reporter,
    getOptions,
    clientEvents,
    apps: hasAppEvents ? new PusherReports({ apps, reporter, presence, onFailure }) : undefined,
    wallNow: Date.now,
  });
}

const DROPPED = {
  buffer: 'too many wait while they cannot be written to Redis or center',
  queue: 'the queue is full, because the webhook does not accept them fast enough',
};
