export type { ChannelEvent } from './channels-file.js';
export { checkWebhooks, type WebhookConfig, WEBHOOK_SETTINGS } from './webhook-settings.js';
export { backoffMs, type BackoffOptions } from './retry.js';
export {
  CHANNEL_SETTINGS,
  loadChannelOptions,
  type ChannelLimits,
  type ChannelOptions,
  type NamespaceOptions,
  type Who,
} from './channel-options.js';
export { ConfigError } from './config-error.js';
export { loadConfig, readEnvironment, withoutEmptyValues, type Environment } from './config.js';
export { describeError, getErrorCode } from './error-info.js';
export { runService, StartError, type Program, type Service } from './lifecycle.js';
export { readLinkSecret } from './link-secret.js';
export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export {
  type Counter,
  counter,
  countedReconnectDelay,
  createRegistry,
  gauge,
  Histogram,
  type Registry,
} from './metrics.js';
export { omitUndefined } from './omit-undefined.js';
export { retryUntilDone, type RetryOptions, RECONNECT_BACKOFF } from './retry.js';
export { Semaphore } from './semaphore.js';
export {
  PROCESS_SETTINGS,
  SETTINGS,
  type Config,
  type Setting,
  type SettingKey,
} from './settings.js';
export { loadPusherApps, PUSHER_SETTINGS } from './pusher/apps-file.js';
export {
  NO_PUSHER_APPS,
  PusherApp,
  PusherApps,
  type PusherWebhookEvent,
} from './pusher/pusher-app.js';
export {
  getPusherKind,
  isCacheChannel,
  toUserChannel,
  type PusherChannelKind,
} from './pusher/pusher-channel.js';
export {
  isReservedEvent,
  MAX_EVENT_NAME_LENGTH,
  readEvent,
  toEventData,
  toEventLine,
} from './pusher/pusher-event.js';
export { toPusherOccupancy, toPusherQueue, toPusherSubject } from './pusher/pusher-webhook.js';
export { restrictChannels } from './pusher/restricted-channels.js';
export { TickBatch } from './tick-batch.js';
export { TokenBucket } from './token-bucket.js';
export { VERSION } from './version.js';
