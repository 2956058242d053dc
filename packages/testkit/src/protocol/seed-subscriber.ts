import type { FrameSocket, OpenSocket } from './frame-socket.js';
import { reconnectWaitMs } from './reconnect-wait.js';

export interface SeedObserver {
  onOpen(): void;
  onText(text: string): void;
  /** The connection is closed: with the server's code, or `cut` by us. */
  onDisconnected(code: number | 'cut'): void;
}

export interface SeedSubscriberOptions {
  readonly url: () => string;
  readonly channels: readonly string[];
  readonly observer: SeedObserver;
  readonly open: OpenSocket;
  readonly random?: () => number;
}

/** A seed-protocol client that reconnects and subscribes again after each lost connection. */
export class SeedSubscriber {
  readonly #options: SeedSubscriberOptions;
  readonly #random: () => number;
  #socket: FrameSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;

  constructor(options: SeedSubscriberOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  connect(): void {
    const { url, open, channels, observer } = this.#options;
    clearTimeout(this.#timer);
    this.#socket = open(url(), {
      handleOpen: () => {
        this.#attempt = 0;
        this.#socket?.send(`sub#${channels.join('|')}`);
        observer.onOpen();
      },
      handleText: (text) => observer.onText(text),
      handleClose: (code) => {
        this.#socket = undefined;
        observer.onDisconnected(code);
        if (code < 3500) this.#comeBack();
      },
    });
  }

  /** Cuts the connection. The client reconnects by itself. */
  cut(): void {
    if (this.#socket === undefined) return;
    this.#socket.cut();
    this.#socket = undefined;
    this.#options.observer.onDisconnected('cut');
    this.#comeBack();
  }

  /** Ends the client permanently. */
  close(): void {
    this.#socket?.cut();
    this.#socket = undefined;
    clearTimeout(this.#timer);
  }

  #comeBack(): void {
    const waitMs = reconnectWaitMs(this.#attempt++, this.#random);
    this.#timer = setTimeout(() => this.connect(), waitMs);
  }
}
