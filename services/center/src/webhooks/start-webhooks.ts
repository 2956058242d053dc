import { type EventQueue, FaultLog, type QueuedEvent } from '@newswire/broker';
import {
  type ChannelOptions,
  checkWebhooks,
  counter,
  describeError,
  gauge,
  type Logger,
  type Registry,
  type WebhookConfig,
} from '@newswire/runtime';
import { WebhookDelivery } from './webhook-delivery.js';
import { WebhookSender, webhookSigner } from './webhook-sender.js';

/** The queue of the events for NEWSWIRE_WEBHOOK_URL. */
const QUEUE = 'default';

/** How often lost edges and vacated channels are looked for. */
const SWEEP_MS = 250;

export interface WebhookServiceParts extends Pick<ChannelOptions, 'getOptions' | 'sections'> {
  readonly queue: EventQueue;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The webhooks of a process. `stop` resolves once no request is under way. */
export interface WebhookService {
  stop(): Promise<void>;
}

/**
 * Starts to send events to the webhook that the settings name. Does nothing if they name none. Throws
 * ConfigError for events without a webhook, and for a webhook without a secret.
 */
export function startWebhooks(config: WebhookConfig, parts: WebhookServiceParts): WebhookService {
  checkWebhooks(config, parts.sections);
  const { webhookUrl, webhookSecret, webhookTimeoutMs } = config;
  if (webhookUrl === undefined || webhookSecret === undefined)
    return { stop: async () => undefined };
  const { queue, registry, logger } = parts;
  const sweeper = new QueueSweeper(queue);
  const delivery = new WebhookDelivery({
    queue,
    name: QUEUE,
    format: (events) => formatEvents(events, parts.getOptions),
    sender: new WebhookSender({
      url: webhookUrl,
      sign: webhookSigner(webhookSecret),
      timeoutMs: webhookTimeoutMs,
    }),
    isConsumer: () => sweeper.isConsumer,
    ...observeDelivery(registry, logger),
  });
  logger.info('events are sent to the webhook');
  return {
    stop: async () => {
      sweeper.stop();
      await delivery.stop();
    },
  };
}

/** Sweeps the queues at short intervals. */
class QueueSweeper {
  readonly #timer: NodeJS.Timeout;
  #isConsumer = false;

  constructor(queue: Pick<EventQueue, 'sweep'>) {
    let isSweeping = false;
    this.#timer = setInterval(() => {
      if (isSweeping) return;
      isSweeping = true;
      // While Redis is away, its own part logs that.
      void queue
        .sweep()
        .then(
          (isConsumer) => (this.#isConsumer = isConsumer),
          () => undefined,
        )
        .finally(() => (isSweeping = false));
    }, SWEEP_MS).unref();
  }

  get isConsumer(): boolean {
    return this.#isConsumer;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * The body of a request: the events with their ids. An event of a channel is left out if its namespace
 * does not enable it: the queue has both events of a channel's occupancy as soon as one is enabled.
 */
function formatEvents(
  events: readonly QueuedEvent[],
  getOptions: ChannelOptions['getOptions'],
): string | undefined {
  const wanted = events.filter(({ text }) => {
    const occupancy = /^{"type":"(channel_occupied|channel_vacated)"/.exec(text)?.[1];
    if (occupancy === undefined) return true;
    const { channel } = JSON.parse(text) as { channel: string };
    return getOptions(channel).events.has(occupancy as 'channel_occupied' | 'channel_vacated');
  });
  if (wanted.length === 0) return undefined;
  const texts = wanted.map(({ id, text }) => `{"id":${JSON.stringify(id)},${text.slice(1)}`);
  return `{"events":[${texts.join(',')}]}`;
}

function observeDelivery(registry: Registry, logger: Logger) {
  const requests = counter(
    registry,
    'newswire_center_webhook_requests_total',
    'Requests to the webhook, by result: accepted (2xx) or refused (any other answer, or none).',
    ['result'],
  );
  const delivered = counter(
    registry,
    'newswire_center_webhook_events_total',
    'Events that the webhook has accepted.',
  );
  let waiting = 0;
  gauge(
    registry,
    'newswire_center_webhook_waiting_events',
    'Events that wait for the webhook, when the queue was read last.',
    () => waiting,
  );
  const faults = new FaultLog({
    warn: (sentence) => logger.warn(sentence),
    info: (sentence) => logger.info(sentence),
  });
  let isRefused = false;
  return {
    onDelivered: (count: number) => {
      requests.inc({ result: 'accepted' });
      delivered.inc(count);
      if (isRefused) faults.info('the webhook accepts events again');
      isRefused = false;
    },
    onRefused: (error: unknown) => {
      requests.inc({ result: 'refused' });
      isRefused = true;
      faults.warn(`the webhook does not accept events, they wait: ${describeError(error)}`);
    },
    onQueueFailure: (error: unknown) => {
      faults.warn(`the events for the webhook cannot be read: ${describeError(error)}`);
    },
    onLength: (length: number) => {
      waiting = length;
    },
  };
}
