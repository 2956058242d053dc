import type { EventReporter, Presence } from '@newswire/broker';
import type { JsonLine } from '@newswire/protocol';
import {
  getPusherKind,
  type PusherApp,
  type PusherApps,
  type PusherWebhookEvent,
  readEvent,
  toPusherQueue,
  toPusherSubject,
} from '@newswire/runtime';
import type { Subscription } from '../../channel/subscription.js';
import { toClientInfo } from '../../session/channel-members.js';
import type { ClientObserver } from '../../session/webhook-reports.js';
import { toPusherUser } from './user.js';

/** How long the changes of a channel's number of subscriptions are collected. */
const COUNT_INTERVAL_MS = 1000;

export interface PusherReportsOptions {
  readonly apps: PusherApps;
  readonly reporter: Pick<EventReporter, 'occupy' | 'vacate' | 'append'>;
  readonly presence: Pick<Presence, 'stats'> | undefined;
  /** The number of subscriptions of a channel could not be read. Its event is left out. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Reports the events of Pusher apps for their webhooks. To the store, a user of a presence channel is a
 * channel, too: it is occupied by the first connection of the user and vacated by the last one.
 */
export class PusherReports implements ClientObserver {
  readonly #options: PusherReportsOptions;
  readonly #apps: readonly PusherApp[];
  /** The number of subscriptions by what they occupy. */
  readonly #counts = new Map<string, number>();
  /** What a subscription occupied when it began: its grant may change. */
  readonly #occupied = new WeakMap<Subscription, readonly string[]>();
  /** Channels whose number of subscriptions will be reported. */
  readonly #counted = new Set<string>();

  constructor(options: PusherReportsOptions) {
    this.#options = options;
    this.#apps = options.apps.all.filter(({ options: { webhook } }) => webhook !== undefined);
  }

  handleBegun(subscription: Subscription): void {
    const { name } = subscription.channel;
    const app = this.#findApp(name);
    if (app === undefined) return;
    const subjects = listSubjects(app, subscription);
    this.#occupied.set(subscription, subjects);
    for (const subject of subjects) this.#add(app, subject);
    this.#count(app, name);
  }

  handleEnded(subscription: Subscription): void {
    const { name } = subscription.channel;
    const app = this.#findApp(name);
    if (app === undefined) return;
    const subjects = this.#occupied.get(subscription) ?? [];
    for (const subject of subjects.toReversed()) this.#remove(subject);
    this.#count(app, name);
  }

  handleClientEvent({ channel: { name }, session, grant }: Subscription, line: JsonLine): void {
    const app = this.#findApp(name);
    if (app === undefined || !wants(app, 'client_event')) return;
    const channel = app.toName(name);
    const { name: event, data } = readEvent(line);
    const isPresence = getPusherKind(channel) === 'presence';
    const user = isPresence ? { user_id: toPusherUser(toClientInfo(session, grant)).id } : {};
    const socketId = session.client;
    this.#append(app, { name: 'client_event', channel, event, data, socket_id: socketId, ...user });
  }

  handleCacheMissed(channel: string): void {
    const app = this.#findApp(channel);
    if (app === undefined || !wants(app, 'cache_miss')) return;
    // The subscription begins after its reply: the channel is occupied first.
    queueMicrotask(() => this.#append(app, { name: 'cache_miss', channel: app.toName(channel) }));
  }

  #findApp(channel: string): PusherApp | undefined {
    return this.#apps.find((app) => app.owns(channel));
  }

  #add(app: PusherApp, subject: string): void {
    const count = (this.#counts.get(subject) ?? 0) + 1;
    this.#counts.set(subject, count);
    if (count === 1) this.#options.reporter.occupy(subject, toPusherQueue(app));
  }

  #remove(subject: string): void {
    const count = (this.#counts.get(subject) ?? 0) - 1;
    if (count > 0) return void this.#counts.set(subject, count);
    if (this.#counts.delete(subject)) this.#options.reporter.vacate(subject);
  }

  #append(app: PusherApp, event: object): void {
    this.#options.reporter.append(toPusherQueue(app), JSON.stringify(event));
  }

  /** Presence channels have members instead. */
  #count(app: PusherApp, channel: string): void {
    const name = app.toName(channel);
    if (!wants(app, 'subscription_count') || getPusherKind(name) === 'presence') return;
    if (this.#counted.has(channel)) return;
    this.#counted.add(channel);
    setTimeout(() => {
      this.#counted.delete(channel);
      this.#options.presence?.stats(channel).then(
        ({ clients }) =>
          this.#append(app, {
            name: 'subscription_count',
            channel: name,
            subscription_count: clients,
          }),
        this.#options.onFailure,
      );
    }, COUNT_INTERVAL_MS).unref();
  }
}

function wants(app: PusherApp, event: PusherWebhookEvent): boolean {
  return app.options.webhook?.events.has(event) === true;
}

/** What a subscription occupies, for the events that the app wants. */
function listSubjects(app: PusherApp, { channel, session, grant }: Subscription): string[] {
  const subjects: string[] = [];
  const kind = getPusherKind(app.toName(channel.name));
  if (wants(app, 'channel_occupied') || wants(app, 'channel_vacated')) {
    if (kind !== 'user') subjects.push(toPusherSubject(channel.name));
  }
  if (kind === 'presence' && (wants(app, 'member_added') || wants(app, 'member_removed'))) {
    const { id } = toPusherUser(toClientInfo(session, grant));
    subjects.push(toPusherSubject(channel.name, id));
  }
  return subjects;
}
