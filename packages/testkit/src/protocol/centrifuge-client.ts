import type { Position } from '@newswire/protocol';
import {
  readFrame,
  type CentrifugeMessage,
  type MessageHandler,
  type SubscribeResult,
} from './centrifuge-frame.js';
import type { FrameSocket, OpenSocket } from './frame-socket.js';
import { reconnectWaitMs } from './reconnect-wait.js';

/** Receives all events of a client, in order. */
export interface CentrifugeObserver {
  /** A subscription is active. `asked`: the requested recovery position, if any. */
  onSubscribed(channel: string, result: SubscribeResult, asked: Position | undefined): void;
  /** `data` is JSON text. */
  onPublication(channel: string, offset: number, data: string): void;
  /** The server ended a subscription. The client subscribes again if the code is 2500 or more. */
  onUnsubscribed(channel: string, code: number): void;
  /** A command was refused. The client retries if the error is temporary. */
  onError(code: number): void;
  /** The connection is closed: with the server's code, or `cut` by us. */
  onDisconnected(code: number | 'cut' | 'timeout'): void;
}

export interface CentrifugeClientOptions {
  /** Returns the URL; called for every connection. */
  readonly url: () => string;
  readonly channels: readonly string[];
  readonly observer: CentrifugeObserver;
  readonly open: OpenSocket;
  /**
   * The position to recover channels from. Without it, a first subscription begins at the present.
   */
  readonly positions?: ReadonlyMap<string, Position>;
  readonly random?: () => number;
  /** Maximum time for an answer. After that, the client opens another connection. */
  readonly timeoutMs?: number;
}

const CONNECT_ID = 1;

/** The client's state of a channel. */
interface Channel {
  readonly name: string;
  position: Position | undefined;
  /** The subscribe command without a reply so far. */
  pending: { readonly id: number; readonly asked: Position | undefined } | undefined;
  isSubscribed: boolean;
}

/**
 * A client of the Centrifuge JSON protocol that keeps its position on each channel, and reconnects with
 * it after every failure. It is light enough for thousands in one process.
 */
export class CentrifugeClient {
  readonly #options: CentrifugeClientOptions;
  readonly #random: () => number;
  readonly #channels = new Map<string, Channel>();
  readonly #messages: MessageHandler = {
    handlePublication: (...publication) => this.#handlePublication(...publication),
    handleMessage: (message) => this.#handleMessage(message),
  };
  #socket: FrameSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timeout: NodeJS.Timeout | undefined;
  #lastId = CONNECT_ID;
  #attempt = 0;
  #isClosed = false;

  constructor(options: CentrifugeClientOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    for (const name of options.channels) {
      const position = options.positions?.get(name);
      this.#channels.set(name, { name, position, pending: undefined, isSubscribed: false });
    }
  }

  /** True while every channel is subscribed. */
  get isLive(): boolean {
    for (const { isSubscribed } of this.#channels.values()) if (!isSubscribed) return false;
    return true;
  }

  position(channel: string): Position | undefined {
    return this.#channels.get(channel)?.position;
  }

  connect(): void {
    const { url, open } = this.#options;
    clearTimeout(this.#timer);
    this.#awaitAnswer();
    this.#lastId = CONNECT_ID;
    this.#socket = open(url(), {
      handleOpen: () => this.#socket?.send(`{"id":${CONNECT_ID},"connect":{}}`),
      handleText: (text) => readFrame(text, this.#messages),
      handleClose: (code) => this.#handleClose(code),
    });
  }

  /** Cuts the connection. The client reconnects by itself, after `afterMs` if given. */
  cut(afterMs?: number): void {
    this.#drop('cut', afterMs);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Ends the client permanently. */
  close(): void {
    this.#isClosed = true;
    this.#socket?.cut();
    this.#forgetConnection();
    clearTimeout(this.#timer);
  }

  #handlePublication(name: string, offset: number, data: string): void {
    const channel = this.#channels.get(name);
    if (channel?.position === undefined) return;
    channel.position = { epoch: channel.position.epoch, offset };
    this.#options.observer.onPublication(name, offset, data);
  }

  #handleMessage(message: CentrifugeMessage): void {
    const { id, push, error } = message;
    if (error !== undefined) return this.#handleError(id, error);
    if (message.connect !== undefined) return this.#subscribe([...this.#channels.values()]);
    if (message.subscribe !== undefined) return this.#handleSubscribed(id, message.subscribe);
    if (push?.unsubscribe) return this.#handleUnsubscribed(push.channel, push.unsubscribe.code);
    if (id === undefined && push === undefined) this.#socket?.send('{}'); // a ping
    return undefined;
  }

  #awaitAnswer(): void {
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => this.#drop('timeout'), this.#options.timeoutMs ?? 10_000);
  }

  #subscribe(channels: readonly Channel[]): void {
    this.#awaitAnswer();
    const commands = channels.map((channel) => {
      const { name, position: asked } = channel;
      const id = ++this.#lastId;
      channel.pending = { id, asked };
      return JSON.stringify({ id, subscribe: { channel: name, ...recovery(asked) } });
    });
    if (commands.length > 0) this.#socket?.send(commands.join('\n'));
  }

  #handleSubscribed(id: number | undefined, result: SubscribeResult): void {
    const channel = this.#pending(id);
    if (channel === undefined) return;
    const asked = channel.pending?.asked;
    channel.pending = undefined;
    channel.isSubscribed = true;
    channel.position = { epoch: result.epoch ?? '', offset: result.offset ?? 0 };
    this.#options.observer.onSubscribed(channel.name, result, asked);
    for (const { offset = 0, data } of result.publications ?? []) {
      this.#handlePublication(channel.name, offset, JSON.stringify(data));
    }
    if (!this.isLive) return;
    this.#attempt = 0;
    clearTimeout(this.#timeout);
  }

  #handleUnsubscribed(name: string, code: number): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.isSubscribed = false;
    this.#options.observer.onUnsubscribed(name, code);
    if (code >= 2500) this.#subscribe([channel]);
  }

  #handleError(id: number | undefined, error: { code: number; temporary?: boolean }): void {
    this.#options.observer.onError(error.code);
    if (error.temporary !== true) return;
    const channel = this.#pending(id);
    if (channel === undefined) return this.#drop('cut');
    channel.pending = undefined;
    const socket = this.#socket;
    setTimeout(
      () => {
        if (this.#socket === socket && !channel.isSubscribed) this.#subscribe([channel]);
      },
      reconnectWaitMs(this.#attempt++, this.#random),
    );
  }

  #pending(id: number | undefined): Channel | undefined {
    for (const channel of this.#channels.values()) if (channel.pending?.id === id) return channel;
    return undefined;
  }

  #drop(why: 'cut' | 'timeout', afterMs?: number): void {
    if (this.#isClosed || this.#socket === undefined) return;
    this.#socket.cut();
    this.#forgetConnection();
    this.#options.observer.onDisconnected(why);
    this.#comeBack(afterMs);
  }

  #handleClose(code: number): void {
    this.#forgetConnection();
    this.#options.observer.onDisconnected(code);
    if (code < 3500 || code >= 5000) this.#comeBack();
  }

  #comeBack(afterMs = reconnectWaitMs(this.#attempt++, this.#random)): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connect(), afterMs);
  }

  #forgetConnection(): void {
    clearTimeout(this.#timeout);
    this.#socket = undefined;
    for (const channel of this.#channels.values()) {
      channel.pending = undefined;
      channel.isSubscribed = false;
    }
  }
}

function recovery(position: Position | undefined) {
  return position === undefined ? {} : { recover: true, ...position };
}
