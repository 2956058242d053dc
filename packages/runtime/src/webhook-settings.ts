import type { ChannelOptions } from './channel-options.js';
import { ConfigError } from './config-error.js';
import type { Config } from './settings.js';

/** The settings of the process that sends webhooks. */
export const WEBHOOK_SETTINGS = [
  'webhookUrl',
  'webhookSecret',
  'webhookEvents',
  'webhookTimeoutMs',
  'webhookGraceMs',
  'webhookQueueSize',
] as const;

export type WebhookConfig = Config<(typeof WEBHOOK_SETTINGS)[number]>;

/**
 * Throws ConfigError for events without a URL to which they are sent, and for a URL without a secret.
 */
export function checkWebhooks(
  { webhookUrl, webhookSecret, webhookEvents }: WebhookConfig,
  sections: ChannelOptions['sections'],
): void {
  const faults: string[] = [];
  if (webhookUrl === undefined) {
    const needed = 'it needs NEWSWIRE_WEBHOOK_URL.';
    for (const [where, { events }] of sections) {
      if (events.size > 0) faults.push(`The channels file's ${where}.events is set: ${needed}`);
    }
    if (webhookEvents.length > 0) faults.push(`NEWSWIRE_WEBHOOK_EVENTS is set: ${needed}`);
  } else if (webhookSecret === undefined) {
    faults.push('NEWSWIRE_WEBHOOK_URL is set: it needs NEWSWIRE_WEBHOOK_SECRET.');
  }
  if (faults.length > 0) throw new ConfigError(faults);
}
