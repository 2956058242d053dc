import {
  CLOSES,
  FROM_NOW,
  toJsonLine,
  type CloseKind,
  type Frame,
  type Protocol,
} from '@newswire/protocol';
import type { Connection, Origin } from '@newswire/transport';
import { ANONYMOUS, PLAIN_GRANT } from '../../src/access/access.js';
import { CatchUp, type CatchUpOptions } from '../../src/channel/catch-up.js';
import { LiveChannel } from '../../src/channel/live-channel.js';
import { PositionCheck } from '../../src/channel/position-check.js';
import {
  Subscription,
  type Subscriber,
  type SubscriberSubscriptions,
} from '../../src/channel/subscription.js';
import { centrifugeProtocol } from '../../src/protocols/centrifuge/protocol.js';
import { seedProtocol } from '../../src/protocols/seed/codec.js';
import { PLAIN_TERMS } from '../../src/channel/subscription-terms.js';
import { Outbox } from '../../src/channel/outbox.js';
import { toRingPublication } from '../../src/channel/ring.js';

/** A socket whose unsent bytes are what the test says. */
export class FakeSocket implements Connection {
  readonly id = 1;
  readonly hasCloseCodes: boolean;
  readonly topics = new Set<string>();
  readonly frames: string[] = [];
  /** The frames that are bytes. */
  readonly binaryFrames: Uint8Array[] = [];
  readonly closes: number[] = [];
  buffered = 0;
  /** Pings of the transport. */
  pings = 0;
  /** Whether what is sent stays unsent. */
  isStuck = false;

  constructor(hasCloseCodes = true) {
    this.hasCloseCodes = hasCloseCodes;
  }

  send(...frames: readonly Frame[]): void {
    for (const frame of frames) {
      if (typeof frame === 'string') this.frames.push(frame);
      else this.binaryFrames.push(frame);
    }
    if (this.isStuck) for (const frame of frames) this.buffered += frame.length;
  }

  close(code: number): void {
    this.closes.push(code);
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  join(topic: string): void {
    this.topics.add(topic);
  }

  leave(topic: string): void {
    this.topics.delete(topic);
  }

  ping(): void {
    this.pings++;
  }
}

export const LIMITS = { ringSize: 100, ringBytes: 10_000 };

/** Subscriptions of a session that is none: its client is notified of nothing. */
export class FakeSubscriptions
  extends Map<string, Subscription>
  implements SubscriberSubscriptions
{
  readonly isHeld = false;

  handleSubscribed(): boolean {
    return true;
  }

  handleRefused(): void {
    // As agreed.
  }

  handleBroken(): void {
    // As agreed.
  }
}

/** A session as the channels know it, on a socket that the test looks at. */
class FakeSubscriber implements Subscriber {
  readonly client = 'client';
  readonly credentials = ANONYMOUS;
  readonly subscriptions = new FakeSubscriptions();
  readonly connection: FakeSocket;
  readonly protocol: Protocol;

  constructor(connection: FakeSocket, protocol: Protocol) {
    this.connection = connection;
    this.protocol = protocol;
  }

  close(kind: CloseKind): void {
    this.connection.close(CLOSES[kind].code);
  }
}

export const ORIGIN: Origin = { address: '', transport: 'websocket', headers: {} };

export type FlushRigOptions = Partial<
  CatchUpOptions & { maxFlushBytes: number; slowCheckBytes: number }
>;

/** An outbox and a catch-up between sockets of the test, with a record of their callbacks. */
export class FlushRig {
  nowMs = 0;
  slow = 0;
  served = 0;
  readonly starved: Subscription[] = [];
  readonly broken: Subscription[] = [];
  readonly faults: unknown[] = [];
  readonly flushes: [publications: number, deliveries: number][] = [];
  readonly deferred: (() => void)[] = [];
  readonly catchUp: CatchUp;
  readonly outbox: Outbox;
  readonly #sockets = new Set<FakeSocket>();
  readonly #channels = new Map<string, LiveChannel>();

  constructor(options: FlushRigOptions = {}) {
    const end = (subscription: Subscription) => {
      this.#channels.get(subscription.channel.name)?.end(subscription);
      this.catchUp.forget(subscription);
    };
    this.catchUp = new CatchUp({
      maxBufferedBytes: 100,
      maxLagBytes: 1000,
      maxLagMs: 1000,
      maxMessageBytes: 1_048_576,
      now: () => this.nowMs,
      onStarved: (subscription) => this.starved.push(subscription),
      onBroken: (subscription) => {
        this.broken.push(subscription);
        end(subscription);
      },
      onFault: (_, error) => this.faults.push(error),
      onSlow: () => this.slow++,
      onServed: (publications) => (this.served += publications),
      ...options,
    });
    this.outbox = new Outbox(
      { publish: (topic, frame) => this.#publish(topic, frame) },
      this.catchUp,
      {
        slowCheckBytes: options.slowCheckBytes ?? 0,
        maxFlushBytes: options.maxFlushBytes ?? 1000,
        maxMessageBytes: options.maxMessageBytes ?? 1_048_576,
        now: () => this.nowMs,
        defer: (flush) => this.deferred.push(flush),
        onFault: (_, error) => this.faults.push(error),
        onBroken: (subscription) => {
          this.broken.push(subscription);
          end(subscription);
        },
        onFlush: (...counts) => this.flushes.push(counts),
      },
    );
  }

  /** A channel whose log begins behind offset 0 of generation `e`. */
  channel(name = 'a', limits = LIMITS): LiveChannel {
    const channel = new LiveChannel(name, limits);
    channel.log.restart({ epoch: 'e', firstOffset: 1, follows: undefined }, 0);
    channel.makeReady(new PositionCheck(1000, this.nowMs));
    this.#channels.set(name, channel);
    return channel;
  }

  session(protocol: Protocol = seedProtocol): { session: Subscriber; socket: FakeSocket } {
    const socket = new FakeSocket();
    this.#sockets.add(socket);
    return { session: new FakeSubscriber(socket, protocol), socket };
  }

  subscribe(
    session: Subscriber,
    channel: LiveChannel,
    cursor = channel.flushed.cursor,
  ): Subscription {
    const subscription = new Subscription({
      session,
      channel,
      since: FROM_NOW,
      commandId: undefined,
      mustRecover: false,
      terms: PLAIN_TERMS,
      grant: PLAIN_GRANT,
      filter: undefined,
      createdMs: this.nowMs,
    });
    session.subscriptions.set(channel.name, subscription);
    channel.addWaiting(subscription);
    this.catchUp.begin(subscription, channel.log.epochAt(cursor), cursor);
    return subscription;
  }

  /** Takes in the next publication, whose data is its offset unless given. */
  receive(channel: LiveChannel, data?: unknown): void {
    const offset = channel.log.position.offset + 1;
    const entry = toRingPublication({ offset, data: toJsonLine(data ?? offset) }, 0);
    channel.log.append(entry, channel.keepFrom);
    this.outbox.add(channel);
  }

  /** The end of a turn of the event loop. */
  tick(): void {
    for (const flush of this.deferred.splice(0)) flush();
  }

  /** Everything goes out, in as many turns as it takes. */
  flush(): void {
    for (let i = 0; this.deferred.length > 0; i++) {
      if (i === 1000) throw new Error('this never ends');
      this.tick();
    }
  }

  #publish(topic: string, frame: Frame): void {
    for (const socket of this.#sockets) if (socket.topics.has(topic)) socket.send(frame);
  }
}

export { centrifugeProtocol };
