import { type EventQueue, FaultLog, type QueuedEvent } from '@newswire/broker';
import {
  type ChannelOptions,
  checkWebhooks,
  counter,
  describeError,
  gauge,
  type Logger,
  type PusherApp,
  type PusherApps,
  type Registry,
  toPusherQueue,
  type WebhookConfig,
} from '@newswire/runtime';
import { formatEvents } from './format-events.js';
import { WebhookDelivery } from './webhook-delivery.js';
import { formatPusherEvents, pusherSigner } from './pusher-webhook.js';
import { type SignBody, WebhookSender, webhookSigner } from './webhook-sender.js';

/** The queue of the events for NEWSWIRE_WEBHOOK_URL. */
const QUEUE = 'default';

/** How often lost edges and vacated channels are looked for. */
const SWEEP_MS = 250;

export interface WebhookServiceParts extends Pick<ChannelOptions, 'getOptions' | 'sections'> {
  readonly queue: EventQueue;
  readonly apps: PusherApps;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The webhooks of a process. `stop` resolves once no request is under way. */
export interface WebhookService {
  stop(): Promise<void>;
}

/**
 * Starts to send events to the webhooks of the settings and of apps. Does nothing if there are none.
 * Throws ConfigError for events without a webhook, and for a webhook without a secret.
 */
export function startWebhooks(config: WebhookConfig, parts: WebhookServiceParts): WebhookService {
  checkWebhooks(config, parts.sections);
  const targets = [...listOwn(config, parts), ...parts.apps.all.flatMap(listPusher)];
  if (targets.length === 0) return { stop: async () => undefined };
  const { queue, registry, logger } = parts;
  const sweeper = new QueueSweeper(queue);
  const observe = observeDeliveries(registry, logger);
  const deliveries = targets.map(({ name, what, url, sign, format }) => {
    const sender = new WebhookSender({ url, sign, timeoutMs: config.webhookTimeoutMs });
    const isConsumer = () => sweeper.isConsumer;
    return new WebhookDelivery({ queue, name, format, sender, isConsumer, ...observe(what) });
  });
  logger.info(`events are sent to ${targets.map(({ what }) => what).join(', ')}`);
  return {
    stop: async () => {
      sweeper.stop();
      await Promise.all(deliveries.map((delivery) => delivery.stop()));
    },
  };
}

/** One receiver, with a queue of its own. */
interface WebhookTarget {
  /** The queue's name. */
  readonly name: string;
  /** For the log. */
  readonly what: string;
  readonly url: URL;
  readonly sign: SignBody;
  readonly format: (events: readonly QueuedEvent[]) => string | undefined;
}

function listOwn(config: WebhookConfig, parts: WebhookServiceParts): WebhookTarget[] {
  const { webhookUrl: url, webhookSecret: secret } = config;
  if (url === undefined || secret === undefined) return [];
  const format = (events: readonly QueuedEvent[]) => formatEvents(events, parts.getOptions);
  return [{ name: QUEUE, what: 'the webhook', url, sign: webhookSigner(secret), format }];
}

function listPusher(app: PusherApp): WebhookTarget[] {
  const { webhook, id } = app.options;
  if (webhook === undefined) return [];
  const target = {
    name: toPusherQueue(app),
    what: `the webhook of app ${id}`,
    url: webhook.url,
    sign: pusherSigner(app),
    format: (events: readonly QueuedEvent[]) => formatPusherEvents(app, events, Date.now()),
  };
  return [target];
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

function observeDeliveries(registry: Registry, logger: Logger) {
  const requests = counter(
    registry,
    'newswire_center_webhook_requests_total',
    'Requests to webhooks, by result: accepted (2xx) or refused (any other answer, or none).',
    ['result'],
  );
  const delivered = counter(
    registry,
    'newswire_center_webhook_events_total',
    'Events that webhooks have accepted.',
  );
  const waiting = new Map<string, number>();
  gauge(
    registry,
    'newswire_center_webhook_waiting_events',
    'Events that wait for the webhooks, when their queues were read last.',
    () => [...waiting.values()].reduce((sum, length) => sum + length, 0),
  );
  const faults = new FaultLog({
    warn: (sentence) => logger.warn(sentence),
    info: (sentence) => logger.info(sentence),
  });
  return (what: string) => {
    let isRefused = false;
    return {
      onDelivered: (count: number) => {
        requests.inc({ result: 'accepted' });
        delivered.inc(count);
        if (isRefused) faults.info(`${what} accepts events again`);
        isRefused = false;
      },
      onRefused: (error: unknown) => {
        requests.inc({ result: 'refused' });
        isRefused = true;
        faults.warn(`${what} does not accept events, they wait: ${describeError(error)}`);
      },
      onQueueFailure: (error: unknown) => {
        faults.warn(`the events for ${what} cannot be read: ${describeError(error)}`);
      },
      onLength: (length: number) => void waiting.set(what, length),
    };
  };
}
