import {
  checkChannelName,
  checkChannelOrWildcard,
  type JsonLine,
  type Position,
} from '@newswire/protocol';
import { Semaphore } from '@newswire/runtime';
import {
  type Broker,
  type BrokerFault,
  type BrokerHandler,
  type HistoryPage,
  type PublishOptions,
  toPublicationText,
} from '@newswire/broker';
import {
  checkOneLine,
  splitFields,
  keyField,
  versionField,
  LINE,
  parseNumber,
  parsePage,
  parsePublication,
} from './delegate-lines.js';
import type { LinkReply } from './delegate-replies.js';
import type { Uplink, UplinkUser } from './delegate-uplink.js';

export interface DelegateBrokerOptions {
  /** A request fails if center has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
  /** Called with each error that a handler threw. */
  readonly onListenerFault?: (error: unknown) => void;
}

interface DelegateSubscription {
  readonly handler: BrokerHandler;
  /**
   * Whether center has confirmed it on the current link. Earlier lines belong to an earlier
   * subscription.
   */
  isLive: boolean;
}

/**
 * Maximum number of concurrent page requests: after a lost link every channel requests pages, and a
 * page may have a MiB.
 */
const MAX_PAGES = 8;

/**
 * An edge's side of the delegate broker: all data is in center, at the other end of the uplink.
 * While center is away, requests fail immediately. Subscriptions are kept and made again on the
 * next link; each handler is then notified of a gap before it receives anything else.
 */
export class DelegateEdgeBroker implements Broker, UplinkUser {
  readonly #uplink: Uplink;
  readonly #timeoutMs: number;
  readonly #onListenerFault: (error: unknown) => void;
  readonly #subscriptions = new Map<string, DelegateSubscription>();
  readonly #pages = new Semaphore(MAX_PAGES);

  constructor(uplink: Uplink, { publishTimeoutMs, onListenerFault }: DelegateBrokerOptions) {
    this.#uplink = uplink;
    this.#timeoutMs = publishTimeoutMs;
    this.#onListenerFault = onListenerFault ?? (() => undefined);
    uplink.use(this);
  }

  get fault(): BrokerFault {
    return this.#uplink.fault;
  }

  async publish(channel: string, data: JsonLine, options: PublishOptions = {}): Promise<Position> {
    checkChannelName(channel);
    checkOneLine(data);
    const text = toPublicationText(data, options);
    const { idempotencyKey, version } = options;
    const rest = ` ${keyField(idempotencyKey)} ${versionField(version)} ${text}`;
    const [offset, epoch = ''] = (await this.#request(LINE.publish, channel, rest)).text.split(' ');
    return { offset: parseNumber(offset), epoch };
  }

  async subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    checkChannelOrWildcard(channel);
    const subscription: DelegateSubscription = { handler, isLive: false };
    this.#subscriptions.set(channel, subscription);
    const isCurrent = () => this.#subscriptions.get(channel) === subscription;
    const onReply = () => void (subscription.isLive = isCurrent());
    try {
      await this.#uplink.request(LINE.subscribe, channel, { timeoutMs: this.#timeoutMs, onReply });
    } catch (error) {
      // Only this call's subscription: the channel may have been left and joined again in the
      // meantime.
      if (isCurrent()) await this.unsubscribe(channel);
      throw error;
    }
  }

  unsubscribe(channel: string): Promise<void> {
    if (this.#subscriptions.delete(channel)) this.#uplink.send(`${LINE.unsubscribe} ${channel}`);
    return Promise.resolve();
  }

  async history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage> {
    const { text, items } = await this.#pages.run(() =>
      this.#request(LINE.history, channel, ` ${sinceOffset} ${limit}`),
    );
    return parsePage(text, items);
  }

  async removeHistory(channel: string): Promise<void> {
    checkChannelName(channel);
    await this.#request(LINE.removeHistory, channel);
  }

  close(): Promise<void> {
    for (const channel of this.#subscriptions.keys()) void this.unsubscribe(channel);
    return Promise.resolve();
  }

  handleUp(): void {
    for (const [channel, subscription] of this.#subscriptions) this.#resume(channel, subscription);
  }

  handleDown(): void {
    for (const subscription of this.#subscriptions.values()) subscription.isLive = false;
  }

  handleLine(line: string): boolean {
    switch (line[0]) {
      case LINE.publication: {
        const { channel, publication, epoch, begins } = parsePublication(line);
        this.#notify(channel, (handler) =>
          handler.handlePublication(channel, publication, epoch, begins),
        );
        return true;
      }
      case LINE.removal: {
        const [channel = '', offset, epoch = ''] = splitFields(line, 3);
        const upTo = { offset: parseNumber(offset), epoch };
        this.#notify(channel, (handler) => handler.handleRemoval(channel, upTo));
        return true;
      }
      default:
        return false;
    }
  }

  /**
   * Waits as long as the link exists. If the link is lost, the next link starts another attempt.
   */
  #resume(channel: string, subscription: DelegateSubscription): void {
    const onReply = () => {
      if (this.#subscriptions.get(channel) !== subscription) return;
      subscription.isLive = true;
      this.#notify(channel, (handler) => handler.handleGap(channel));
    };
    this.#uplink.request(LINE.subscribe, channel, { onReply }).catch(() => undefined);
  }

  async #request(verb: string, channel: string, rest = ''): Promise<LinkReply> {
    checkChannelOrWildcard(channel);
    return this.#uplink.request(verb, channel + rest, { timeoutMs: this.#timeoutMs });
  }

  /** A handler that throws must not end the link that the others use. */
  #notify(channel: string, notify: (handler: BrokerHandler) => void): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined || !subscription.isLive) return;
    try {
      notify(subscription.handler);
    } catch (error) {
      this.#onListenerFault(error);
    }
  }
}
