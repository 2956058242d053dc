// oxlint-disable unicorn/prefer-add-event-listener -- k6's types take event names only from an enum that k6 lacks.
import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { connectCommand, isPing, messagesIn, PING } from './centrifuge-frames.ts';
import type { Message } from './centrifuge-frames.ts';
import type { LatencySink, Tags } from './judge.ts';
import { connectionErrors, connectTime } from './metrics.ts';
import { LATE_MS } from './seed-subscriber.ts';
import { Subscription } from './subscription.ts';

/** What a client of the Centrifuge protocol is to do. */
export interface ClientPlan {
  readonly baseUrl: string;
  readonly channels: readonly string[];
  /** Until it leaves. */
  readonly limitMs: number;
  readonly tags?: Tags;
  /** Where latencies go, instead of the metric of deliveries. */
  readonly latency?: LatencySink;
  /** Called for each item after it has been judged, with its time of publishing. */
  readonly onItem?: (atMs: number) => void;
  /** Called when a client that was cut has all its subscriptions again, with how long that took. */
  readonly onReturn?: (tookMs: number) => void;
}

/**
 * A client of the Centrifuge protocol that judges what comes by its offsets. When it is cut it comes back
 * with its positions. It leaves when all its channels have ended, and then reports to the metrics.
 */
export class CentrifugeClient {
  readonly #plan: ClientPlan;
  readonly #subscriptions: readonly Subscription[];
  readonly #limit: ReturnType<typeof setTimeout>;
  #socket: WebSocket;
  /** When it began to connect; undefined once all subscriptions were answered. */
  #waitingSinceMs: number | undefined = Date.now();
  #hasBegun = false;
  #isLeaving = false;
  #awayMs: number | undefined;
  #hasFailed = false;

  constructor(plan: ClientPlan) {
    this.#plan = plan;
    const { channels, tags, latency } = plan;
    this.#subscriptions = channels.map((channel) => new Subscription(channel, tags, latency));
    this.#limit = setTimeout(() => this.#leave(), plan.limitMs);
    this.#socket = this.#open();
  }

  /** Closes the connection, to come back this long after it is closed. */
  cut(awayMs: number): void {
    if (this.#isLeaving || this.#awayMs !== undefined) return;
    this.#awayMs = awayMs;
    this.#socket.close();
  }

  #open(): WebSocket {
    const socket = new WebSocket(
      `${this.#plan.baseUrl.replace('http', 'ws')}/connection/websocket`,
    );
    socket.onopen = () => {
      const subscribes = this.#subscriptions.map((each, index) => each.command(index + 2));
      socket.send([connectCommand(), ...subscribes].join('\n'));
    };
    socket.onmessage = (event) => {
      if (typeof event?.data === 'string') this.#handleFrame(event.data);
    };
    socket.onerror = () => this.#fail();
    socket.onclose = () => this.#handleClose();
    return socket;
  }

  #handleFrame(frame: string): void {
    const nowMs = Date.now();
    for (const message of messagesIn(frame)) this.#handle(message, nowMs);
    if (this.#subscriptions.every(({ hasEnded }) => hasEnded)) this.#leaveLater();
  }

  #handle(message: Message, nowMs: number): void {
    const { push, subscribe, id = 0 } = message;
    if (push?.pub) {
      this.#subscriptionOf(push.channel)?.take(push.pub, nowMs);
      if (!push.pub.data.isLast) this.#plan.onItem?.(push.pub.data.atMs);
    } else if (push?.unsubscribe) this.#subscribeAgain(push.channel);
    else if (message.error) this.#refused();
    else if (subscribe) this.#handleReply(this.#subscriptions[id - 2], subscribe, nowMs);
    else if (isPing(message)) this.#socket.send(PING);
  }

  #handleReply(
    subscription: Subscription | undefined,
    reply: NonNullable<Message['subscribe']>,
    nowMs: number,
  ): void {
    subscription?.handleReply(reply, nowMs);
    if (this.#waitingSinceMs === undefined || !this.#subscriptions.every(({ isLive }) => isLive)) {
      return;
    }
    const tookMs = nowMs - this.#waitingSinceMs;
    this.#waitingSinceMs = undefined;
    if (this.#hasBegun) this.#plan.onReturn?.(tookMs);
    else connectTime.add(tookMs, this.#plan.tags);
    this.#hasBegun = true;
  }

  #subscriptionOf(channel: string): Subscription | undefined {
    return this.#subscriptions.find((each) => each.channel === channel);
  }

  /** The server ended the subscription: it goes on from its position. */
  #subscribeAgain(channel: string): void {
    const index = this.#subscriptions.findIndex((each) => each.channel === channel);
    const subscription = this.#subscriptions[index];
    if (subscription) this.#socket.send(subscription.command(index + 2));
  }

  #refused(): void {
    this.#fail();
    this.#leave();
  }

  #fail(): void {
    if (!this.#hasFailed) connectionErrors.add(1, this.#plan.tags);
    this.#hasFailed = true;
  }

  #leaveLater(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    setTimeout(() => this.#socket.close(), LATE_MS);
  }

  #leave(): void {
    this.#isLeaving = true;
    this.#socket.close();
  }

  #handleClose(): void {
    for (const each of this.#subscriptions) each.isLive = false;
    if (this.#awayMs !== undefined && !this.#isLeaving && !this.#hasFailed) {
      setTimeout(() => this.#comeBack(), this.#awayMs);
      return;
    }
    clearTimeout(this.#limit);
    if (!this.#isLeaving) this.#fail();
    for (const each of this.#subscriptions) each.report();
  }

  #comeBack(): void {
    this.#awayMs = undefined;
    this.#waitingSinceMs = Date.now();
    this.#socket = this.#open();
  }
}
