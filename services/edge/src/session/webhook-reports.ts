import type { EventReporter } from '@newswire/broker';
import type { JsonLine } from '@newswire/protocol';
import type { ClientIdentity } from '../access/access.js';
import type { GetNamespaceOptions } from '../access/channel-rules.js';
import type { Subscription } from '../channel/subscription.js';
import type { EdgeEvents, SessionIdentity } from '../edge-events.js';

/** The queue of the events that are sent to NEWSWIRE_WEBHOOK_URL. */
export const WEBHOOK_QUEUE = 'default';

/** Is notified of what the clients of an edge do. */
export interface ClientObserver {
  handleBegun(subscription: Subscription): void;
  handleEnded(subscription: Subscription): void;
  /** A subscriber has published by the rules of its protocol. */
  handleClientEvent(subscription: Subscription, data: JsonLine): void;
  /** A client subscribed to a channel that should have a last publication, and has none. */
  handleCacheMissed(channel: string): void;
}

export interface WebhookReportsOptions {
  readonly reporter: Pick<EventReporter, 'occupy' | 'vacate' | 'append' | 'close'>;
  readonly getOptions: GetNamespaceOptions;
  /** `client_connected` and `client_disconnected`, if these are enabled. */
  readonly clientEvents: ReadonlySet<string>;
  /** Of apps with webhooks of their own; undefined: there are none. */
  readonly apps?: ClientObserver | undefined;
  /** ms since 1970. */
  readonly wallNow: () => number;
}

/** Reports the events of an edge's channels and clients for webhooks. */
export class WebhookReports implements ClientObserver {
  readonly #options: WebhookReportsOptions;
  /** The number of subscriptions by channel, in namespaces that report occupied channels. */
  readonly #counts = new Map<string, number>();
  readonly #connected = new Set<string>();

  constructor(options: WebhookReportsOptions) {
    this.#options = options;
  }

  /** Adds this observer of sessions to `events`. */
  observe(events: EdgeEvents): EdgeEvents {
    if (this.#options.clientEvents.size === 0) return events;
    return {
      ...events,
      onSessionConnected: (session) => {
        events.onSessionConnected(session);
        this.#handleConnected(session);
      },
      onSessionClosed: (session, code) => {
        events.onSessionClosed(session, code);
        this.#handleClosed(session, code);
      },
    };
  }

  handleBegun(subscription: Subscription): void {
    const { getOptions, reporter, apps } = this.#options;
    const { name } = subscription.channel;
    apps?.handleBegun(subscription);
    const { events } = getOptions(name);
    if (events.size === 0) return;
    if (events.has('channel_occupied') || events.has('channel_vacated')) {
      const count = (this.#counts.get(name) ?? 0) + 1;
      this.#counts.set(name, count);
      if (count === 1) reporter.occupy(name, WEBHOOK_QUEUE);
    }
    if (events.has('client_subscribed')) {
      this.#append('client_subscribed', { channel: name, ...describe(subscription.session) });
    }
  }

  handleEnded(subscription: Subscription): void {
    const { getOptions, reporter, apps } = this.#options;
    const { name } = subscription.channel;
    apps?.handleEnded(subscription);
    const { events } = getOptions(name);
    if (events.size === 0) return;
    if (events.has('client_unsubscribed')) {
      this.#append('client_unsubscribed', { channel: name, ...describe(subscription.session) });
    }
    const count = this.#counts.get(name);
    if (count === undefined) return;
    if (count > 1) return void this.#counts.set(name, count - 1);
    this.#counts.delete(name);
    reporter.vacate(name);
  }

  handleClientEvent(subscription: Subscription, data: JsonLine): void {
    this.#options.apps?.handleClientEvent(subscription, data);
  }

  handleCacheMissed(channel: string): void {
    this.#options.apps?.handleCacheMissed(channel);
  }

  /** Reports that all of this edge's channels have been left. */
  close(): Promise<void> {
    return this.#options.reporter.close();
  }

  #handleConnected(session: ClientIdentity): void {
    this.#connected.add(session.client);
    if (!this.#options.clientEvents.has('client_connected')) return;
    const { transport } = session.origin;
    this.#append('client_connected', { ...describe(session), transport });
  }

  #handleClosed(session: SessionIdentity, code: number): void {
    if (!this.#connected.delete(session.client)) return;
    if (!this.#options.clientEvents.has('client_disconnected')) return;
    this.#append('client_disconnected', { ...describe(session), code });
  }

  #append(type: string, members: object): void {
    const text = JSON.stringify({ type, time: this.#options.wallNow(), ...members });
    this.#options.reporter.append(WEBHOOK_QUEUE, text);
  }
}

function describe({ client, credentials: { user } }: SessionIdentity) {
  return user === '' ? { client } : { client, user };
}
