import { until } from '@newswire/testkit';
import {
  Centrifuge,
  type Options,
  type StreamPosition,
  type SubscribedContext,
  type Subscription,
  type SubscriptionOptions,
} from 'centrifuge';
import { WebSocket } from 'ws';

/** In Protobuf, data are the bytes of JSON text. */
function toValue(data: unknown): unknown {
  return data instanceof Uint8Array ? JSON.parse(Buffer.from(data).toString()) : data;
}

/** What a subscription of the library has told. */
export class SdkSubscription {
  readonly data: unknown[] = [];
  readonly subscribed: SubscribedContext[] = [];
  /** Codes. */
  readonly subscribing: number[] = [];
  readonly unsubscribed: number[] = [];
  readonly errors: { readonly code: number; readonly temporary?: boolean }[] = [];
  readonly subscription: Subscription;

  constructor(subscription: Subscription) {
    this.subscription = subscription;
    subscription.on('publication', ({ data }) => this.data.push(toValue(data)));
    subscription.on('subscribed', (context) => this.subscribed.push(context));
    subscription.on('subscribing', ({ code }) => this.subscribing.push(code));
    subscription.on('unsubscribed', ({ code }) => this.unsubscribed.push(code));
    subscription.on('error', ({ error }) => this.errors.push(error));
    subscription.subscribe();
  }

  /** Resolves with all data once there are so many. */
  async received(count: number): Promise<unknown[]> {
    await until(`publication ${count}`, () => this.data.length >= count).catch((error: Error) => {
      throw new Error(`${error.message}; got ${JSON.stringify(this.data.slice(-5))}`);
    });
    return this.data;
  }

  /** Resolves with the context of the nth `subscribed` event. */
  async isSubscribed(times = 1): Promise<SubscribedContext> {
    return until(`subscription ${times}`, () => this.subscribed[times - 1]);
  }
}

/** The unmodified library, over sockets that can be cut. */
export class SdkClient {
  readonly centrifuge: Centrifuge;
  readonly sent: string[] = [];
  readonly #sockets: WebSocket[] = [];

  constructor(url: string, options: Partial<Options> = {}) {
    const sockets = this.#sockets;
    const { sent } = this;
    class Socket extends WebSocket {
      constructor(address: string) {
        super(address, { perMessageDeflate: false });
        sockets.push(this);
      }

      override send(...parts: unknown[]): void {
        sent.push(String(parts[0]));
        Reflect.apply(super.send.bind(this), undefined, parts);
      }
    }
    this.centrifuge = new Centrifuge(url, {
      websocket: Socket,
      minReconnectDelay: 20,
      maxReconnectDelay: 200,
      ...options,
    });
    this.centrifuge.connect();
  }

  subscribe(
    channel: string,
    since?: StreamPosition,
    more: Partial<SubscriptionOptions> = {},
  ): SdkSubscription {
    const options = { minResubscribeDelay: 20, maxResubscribeDelay: 200, ...more };
    const subscription = this.centrifuge.newSubscription(
      channel,
      since === undefined ? options : { ...options, since },
    );
    return new SdkSubscription(subscription);
  }

  get socketCount(): number {
    return this.#sockets.length;
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.#sockets.at(-1)?.terminate();
  }

  close(): void {
    this.centrifuge.disconnect();
  }
}
