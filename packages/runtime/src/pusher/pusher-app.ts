import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromNewswireName, isRestrictedName, toNewswireName } from './pusher-channel.js';

/** The events of Pusher's webhooks. */
export const PUSHER_WEBHOOK_EVENTS = [
  'channel_occupied',
  'channel_vacated',
  'member_added',
  'member_removed',
  'client_event',
  'cache_miss',
  'subscription_count',
] as const;

export type PusherWebhookEvent = (typeof PUSHER_WEBHOOK_EVENTS)[number];

/** Where an app's events are sent, and which ones. */
export interface PusherWebhook {
  readonly url: URL;
  readonly events: ReadonlySet<PusherWebhookEvent>;
}

/** The options of one app, besides its secret. */
export interface PusherAppOptions {
  readonly id: string;
  /** Public: clients name their app by it. */
  readonly key: string;
  readonly isEnabled: boolean;
  /** The app's channels are the newswire channels with this prefix. */
  readonly channelPrefix: string;
  /** Whether clients may send events to other clients. */
  readonly clientEvents: boolean;
  /** Whether clients receive the number of a channel's subscriptions. */
  readonly subscriptionCount: boolean;
  /** After this time without a message, clients send a ping. */
  readonly activityTimeoutS: number;
  /** Undefined: the app's events are not sent. */
  readonly webhook?: PusherWebhook | undefined;
}

/**
 * One app of Pusher's protocol: its options, its channels, and the signatures of its backend. The
 * secret never leaves it, so no log and no error can contain it.
 */
export class PusherApp {
  readonly options: PusherAppOptions;
  readonly #secret: string;

  constructor(options: PusherAppOptions, secret: string) {
    this.options = options;
    this.#secret = secret;
  }

  /** HMAC-SHA256 of a text with the app's secret, in hexadecimal. */
  sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex');
  }

  /** Compares in constant time. */
  verify(text: string, signature: string): boolean {
    const [expected, given] = [Buffer.from(this.sign(text)), Buffer.from(signature)];
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  /** Verifies what a client got from its backend: `KEY:SIGNATURE`. */
  verifyAuth(text: string, auth: string): boolean {
    const { key } = this.options;
    return auth.startsWith(`${key}:`) && this.verify(text, auth.slice(key.length + 1));
  }

  /** The newswire channel of one of the app's channels. Throws error 107 for a name that is none. */
  toChannel(name: string): string {
    return this.options.channelPrefix + toNewswireName(name);
  }

  /** The app's name of a newswire channel that has the app's prefix. */
  toName(channel: string): string {
    return fromNewswireName(channel.slice(this.options.channelPrefix.length));
  }

  owns(channel: string): boolean {
    return channel.startsWith(this.options.channelPrefix);
  }

  /** Whether reading this newswire channel needs a signature of the app. */
  isRestricted(channel: string): boolean {
    return this.owns(channel) && isRestrictedName(channel.slice(this.options.channelPrefix.length));
  }

  /** The newswire user of one of the app's users. */
  toUser(userId: string): string {
    return this.options.channelPrefix + userId;
  }
}

/** All apps of the apps file. */
export class PusherApps {
  readonly all: readonly PusherApp[];
  readonly #byId: ReadonlyMap<string, PusherApp>;
  readonly #byKey: ReadonlyMap<string, PusherApp>;

  constructor(all: readonly PusherApp[]) {
    this.all = all;
    this.#byId = new Map(all.map((app) => [app.options.id, app]));
    this.#byKey = new Map(all.map((app) => [app.options.key, app]));
  }

  findById(id: string): PusherApp | undefined {
    return this.#byId.get(id);
  }

  findByKey(key: string): PusherApp | undefined {
    return this.#byKey.get(key);
  }
}

/** Without an apps file, newswire has no apps. */
export const NO_PUSHER_APPS = new PusherApps([]);
