import type { Broker, BrokerHandler, HistoryPage } from '@newswire/broker';
import type { Position } from '@newswire/protocol';
import type { MessageModel, LogModel } from './log-model.js';

interface Asked {
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * One edge's connections to the model: messages and answers wait until a step of the
 * test lets it through. Commands keep their order, and so do messages; between the two there
 * is none.
 */
export class BrokerModel implements Broker {
  readonly #log: LogModel;
  #handler: BrokerHandler | undefined;
  #channel = '';
  #isSubscribed = false;
  #isUp = true;
  #messages: (MessageModel | { readonly removedUpTo: Position })[] = [];
  #asked: Asked[] = [];
  readonly fault = undefined;

  constructor(log: LogModel) {
    this.#log = log;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** A publication or a removal leaves for everybody who is subscribed now. */
  carry(message: MessageModel | { readonly removedUpTo: Position }): void {
    if (this.#isUp && this.#isSubscribed) this.#messages.push(message);
  }

  /** Lets `count` messages arrive. */
  deliver(count: number): void {
    for (const message of this.#messages.splice(0, count)) {
      if ('removedUpTo' in message) {
        this.#handler?.handleRemoval(this.#channel, message.removedUpTo);
        continue;
      }
      const { publication, epoch, begins } = message;
      this.#handler?.handlePublication(this.#channel, publication, epoch, begins);
    }
  }

  /** ReplyBatch the oldest question with how things are now. */
  answer(): void {
    if (this.#isUp) this.#asked.shift()?.answer();
  }

  /** The connections break: what was under way is lost. */
  cut(): void {
    this.#isUp = false;
    this.#messages = [];
    for (const { fail } of this.#asked.splice(0)) fail(new Error('away'));
  }

  /** They are back, with all subscriptions; a publication may have come just before that. */
  restore(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    if (this.#isSubscribed) this.#handler?.handleGap(this.#channel);
  }

  publish(): Promise<Position> {
    return Promise.reject(new Error('edges do not publish'));
  }

  subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    return this.#ask(() => {
      this.#channel = channel;
      this.#handler = handler;
      this.#isSubscribed = true;
    });
  }

  unsubscribe(): Promise<void> {
    this.#isSubscribed = false;
    this.#handler = undefined;
    this.#messages = [];
    return Promise.resolve();
  }

  history(_: string, since: number, limit: number): Promise<HistoryPage> {
    return this.#ask(() => this.#log.read(since, limit));
  }

  removeHistory(): Promise<void> {
    return Promise.reject(new Error('edges do not remove history'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#isUp) return reject(new Error('away'));
      this.#asked.push({ answer: () => resolve(act()), fail: reject });
    });
  }
}
