import { randomUUID } from 'node:crypto';
import { ProtocolError } from '@newswire/protocol';
import type { Control, ControlHandler, ControlReply, ControlRequest } from '../control.js';
import type { RedisLink } from './redis-link.js';

export interface RedisControlOptions {
  /** A request that not every edge has answered by then fails, in ms. */
  readonly publishTimeoutMs: number;
}

const REQUEST_TOPIC = 'nw:control';

interface Envelope {
  readonly replyTo: string;
  readonly request: ControlRequest;
}

/**
 * Requests over Redis pub/sub. Only edges subscribe to the request topic, so Redis knows how many
 * replies to wait for. (PUBLISH's own answer would also count whoever watches by a pattern.)
 */
export class RedisControl implements Control {
  readonly #link: RedisLink;
  readonly #options: RedisControlOptions;

  constructor(link: RedisLink, options: RedisControlOptions) {
    this.#link = link;
    this.#options = options;
  }

  async serve(handler: ControlHandler): Promise<void> {
    const answer = this.#link.guarded((message) => {
      const { replyTo, request } = JSON.parse(message) as Envelope;
      const reply = JSON.stringify(handler(request));
      // Should this fail, center's request times out and says so.
      this.#link.commands.publish(replyTo, reply).catch(() => undefined);
    });
    await this.#link.subscriber.subscribe(REQUEST_TOPIC, answer);
  }

  async request(request: ControlRequest): Promise<ControlReply[]> {
    const replyTo = `nw:reply:${randomUUID()}`;
    const replies = new ReplyCollector(this.#options.publishTimeoutMs);
    const listen = this.#link.guarded((message) => replies.add(message));
    try {
      // The time limit holds for asking too: Redis may take the connection and never answer.
      return await Promise.race([replies.all, this.#ask({ replyTo, request }, replies, listen)]);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw new ProtocolError('internal', 'Redis is away, try again');
    } finally {
      replies.abandon();
      this.#link.subscriber.unsubscribe(replyTo, listen).catch(() => undefined);
    }
  }

  async #ask(
    envelope: Envelope,
    replies: ReplyCollector,
    listen: (message: string, topic: string) => void,
  ): Promise<ControlReply[]> {
    await this.#link.subscriber.subscribe(envelope.replyTo, listen);
    const [listening] = await this.#link.commands
      .multi()
      .pubSubNumSub([REQUEST_TOPIC])
      .publish(REQUEST_TOPIC, JSON.stringify(envelope))
      .execTyped();
    replies.expect(Number(listening[REQUEST_TOPIC]));
    return replies.all;
  }
}

/** Gathers as many replies as were promised, or fails when time is up. */
class ReplyCollector {
  readonly all: Promise<ControlReply[]>;
  readonly #replies: ControlReply[] = [];
  readonly #timer: NodeJS.Timeout;
  #expected = Infinity;
  #resolve!: (replies: ControlReply[]) => void;

  constructor(timeoutMs: number) {
    let fail: (error: Error) => void;
    this.all = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      fail = reject;
    });
    // Whoever waits hears of it; with nobody waiting yet, it must not end the process.
    this.all.catch(() => undefined);
    this.#timer = setTimeout(() => fail(this.#missing(timeoutMs)), timeoutMs);
  }

  add(message: string): void {
    this.#replies.push(JSON.parse(message) as ControlReply);
    this.#settle();
  }

  expect(count: number): void {
    this.#expected = count;
    this.#settle();
  }

  abandon(): void {
    clearTimeout(this.#timer);
  }

  #settle(): void {
    if (this.#replies.length < this.#expected) return;
    clearTimeout(this.#timer);
    this.#resolve(this.#replies);
  }

  #missing(timeoutMs: number): ProtocolError {
    if (this.#expected === Infinity) {
      return new ProtocolError('internal', 'Redis did not answer in time, try again');
    }
    const got = `${this.#replies.length} of ${this.#expected} edges answered`;
    return new ProtocolError('internal', `${got} within ${timeoutMs} ms, try again`);
  }
}
