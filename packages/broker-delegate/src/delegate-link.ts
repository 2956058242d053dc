import type { Socket } from 'node:net';
import { describeError, TickBatch } from '@newswire/runtime';
import { LINE } from './delegate-lines.js';

export interface LinkLimits {
  /** Both ends send a beat this often, in ms. */
  readonly beatMs: number;
  /** A link that receives nothing for this number of beats is destroyed. */
  readonly silentBeats: number;
  /** A link that has more unsent bytes than this is destroyed. */
  readonly maxUnsentBytes: number;
  /** A longer line destroys the link. The limit is the largest publication plus its fields. */
  readonly maxLineLength: number;
  /** The time limit for connecting and authenticating together, in ms. */
  readonly authenticateMs: number;
}

export const LINK_LIMITS: LinkLimits = {
  beatMs: 1000,
  silentBeats: 5,
  maxUnsentBytes: 16_777_216,
  maxLineLength: 16_777_216 + 1024,
  authenticateMs: 2000,
};

/** Maximum line length on an unauthenticated connection. */
const MAX_UNAUTHENTICATED_LENGTH = 512;

/** How long a closing link waits for the other end to read the remaining data, in ms. */
const CLOSE_LIMIT_MS = 500;

/** The links that have lines to send: they write them at the end of the tick. */
export type LinkFlusher = TickBatch<DelegateLink>;

export function newLinkFlusher(): LinkFlusher {
  return new TickBatch((links) => {
    for (const link of links) link.flush();
  });
}

/** The reason if the other end closed the link. */
export const LEFT = 'closed the link';

/** One end of a link. */
export interface LinkHandler {
  /** Handles one line. An error that it throws destroys the link. */
  handleLine(line: string): void;
  /** The link was closed by either end; called once. The reason completes "the edge …". */
  handleClosed(reason: string): void;
}

/**
 * A connection between center and an edge, as lines of text. All lines of a tick are sent in one
 * write. A new connection is unauthenticated: its time and line length are limited. `trust` ends
 * this.
 */
export class DelegateLink {
  /** Receives the link's events. */
  handler: LinkHandler;
  readonly #socket: Socket;
  readonly #limits: LinkLimits;
  readonly #flusher: LinkFlusher;
  #timer: NodeJS.Timeout;
  #maxLineLength = MAX_UNAUTHENTICATED_LENGTH;
  #received = '';
  #unsent = '';
  #silentBeats = 0;
  #sleepers: (() => void)[] = [];
  #isClosing = false;
  #isClosed = false;

  constructor(socket: Socket, limits: LinkLimits, flusher: LinkFlusher, handler: LinkHandler) {
    this.#socket = socket;
    this.#limits = limits;
    this.#flusher = flusher;
    this.handler = handler;
    const late = () => this.destroy('did not authenticate in time');
    this.#timer = setTimeout(late, limits.authenticateMs).unref();
    socket.setNoDelay(true).setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      this.destroy(`can't be reached (${code})`),
    );
    socket.on('close', () => this.destroy(LEFT));
  }

  /**
   * The link is authenticated: from now on lines may be long and go to this handler, and silence
   * ends the link.
   */
  trust(handler: LinkHandler): void {
    this.handler = handler;
    this.#maxLineLength = this.#limits.maxLineLength;
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => this.#beat(), this.#limits.beatMs).unref();
  }

  /** Adds a line to the output of this tick. On a closed link, the line is dropped. */
  send(line: string): void {
    if (this.#isClosed || this.#isClosing) return;
    // Only earlier unsent bytes count: the largest publication alone must not end the link.
    if (this.unsentBytes > this.#limits.maxUnsentBytes) {
      return this.destroy('reads its link too slowly');
    }
    this.#unsent += `${line}\n`;
    this.#flusher.add(this);
  }

  get unsentBytes(): number {
    return this.#unsent.length + this.#socket.writableLength;
  }

  /** Writes the buffered lines to the socket. */
  flush(): void {
    if (this.#unsent !== '' && !this.#isClosed) this.#socket.write(this.#unsent, this.#wake);
    this.#unsent = '';
  }

  /** Resolves once at most `maxBytes` bytes are unsent, or the link is closed. */
  async untilUnsent(maxBytes: number): Promise<void> {
    while (this.unsentBytes > maxBytes && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  destroy(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsent = this.#received = '';
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#wake();
    this.handler.handleClosed(reason);
  }

  /**
   * Sends the remaining lines, ignores further input, then closes. The handler is notified of this
   * end too.
   */
  async close(reason = 'is closed'): Promise<void> {
    if (this.#isClosed || this.#isClosing) return;
    this.flush();
    this.#isClosing = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.destroy(reason), CLOSE_LIMIT_MS).unref();
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end(() => this.destroy(reason));
    });
  }

  /**
   * Called after each write instead of on 'drain', which does not follow a write that the kernel
   * accepts immediately.
   */
  readonly #wake = (): void => {
    for (const wake of this.#sleepers.splice(0)) wake();
  };

  /**
   * Counts beats, not time: after a pause of this process, the input of the meantime is handled
   * first.
   */
  #beat(): void {
    if (this.#silentBeats++ >= this.#limits.silentBeats) {
      const { silentBeats, beatMs } = this.#limits;
      return this.destroy(`was silent for ${(silentBeats * beatMs) / 1000} s`);
    }
    this.send(LINE.beat);
  }

  #receive(text: string): void {
    if (this.#isClosing) return;
    this.#silentBeats = 0;
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.#received + text.slice(from, end);
      this.#received = '';
      from = end + 1;
      if (line.length > this.#maxLineLength) return this.destroy('sent a line that is too long');
      if (line !== LINE.beat) this.#handle(line);
      if (this.#isClosed || this.#isClosing) return;
    }
    this.#received += text.slice(from);
    if (this.#received.length > this.#maxLineLength) this.destroy('sent a line that is too long');
  }

  #handle(line: string): void {
    try {
      this.handler.handleLine(line);
    } catch (error) {
      this.destroy(describeError(error));
    }
  }
}
