import { randomUUID } from 'node:crypto';
import {
  CLOSES,
  ProtocolError,
  type CloseKind,
  type Command,
  type Position,
  type Publication,
  type Reply,
  type SubscribeRequest,
  type Wire,
} from '@newswire/protocol';
import type { Connection, ConnectionHandler } from '@newswire/transport';
import type { Peer } from './heartbeats.js';
import type { Subscriber, Subscription } from './live-channel.js';

/** What sessions share: where they listen, and what they are allowed. */
export interface SessionContext {
  /** The subscription is `waiting` until `handleSubscribed` or `handleRefused` is called. */
  subscribe(session: Session, request: SubscribeRequest, commandId: number): Subscription;
  unsubscribe(subscription: Subscription): void;
  /** The socket takes more. */
  handleDrain(session: Session): void;
  /** Told once, when the session is over for whatever reason. */
  handleClosed(session: Session, code: number): void;
  /** Told of what should never happen; the session is closed with 3004. */
  handleFault(error: unknown): void;
  readonly maxChannelsPerSession: number;
  readonly pingIntervalMs: number;
  /** Of newswire, for clients to see. */
  readonly version: string;
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
}

/** Picks the wire of a connection by its first frame. */
export type WireChoice = (firstFrame: string) => Wire;

/** One client connection's state: the channels it listens to and its signs of life. */
export class Session implements ConnectionHandler, Peer, Subscriber {
  readonly connection: Connection;
  readonly subscriptions = new Map<string, Subscription>();
  readonly #context: SessionContext;
  #wire: Wire;
  #choose: WireChoice | undefined;
  #isConnected = false;
  /** Closed by either side: what else was in the frame that did it is not obeyed. */
  #isOver = false;
  #refusals = 0;
  lastSeenMs: number;
  lastPingMs: number;

  /** Until its first frame the session counts as one of the wire that an empty frame chooses. */
  constructor(connection: Connection, choose: WireChoice, context: SessionContext) {
    this.connection = connection;
    this.#choose = choose;
    this.#wire = choose('');
    this.#context = context;
    this.lastSeenMs = this.lastPingMs = context.now();
  }

  get wire(): Wire {
    return this.#wire;
  }

  handleText(text: string): void {
    this.handlePong();
    if (this.#choose !== undefined) this.#wire = this.#choose(text);
    this.#choose = undefined;
    try {
      for (const command of this.#wire.decode(text)) {
        if (this.#isOver) return;
        this.#obey(command);
      }
    } catch (error) {
      this.#handleError(0, error);
    }
  }

  handleBinary(): void {
    this.handlePong();
    this.#refuse(0, new ProtocolError('badRequest', 'binary frames are not part of this wire'));
  }

  handlePong(): void {
    this.lastSeenMs = this.#context.now();
  }

  handleDrain(): void {
    this.#context.handleDrain(this);
  }

  handleClose(code: number): void {
    this.#isOver = true;
    for (const subscription of this.subscriptions.values()) this.#context.unsubscribe(subscription);
    this.subscriptions.clear();
    this.#context.handleClosed(this, code);
  }

  handleSubscribed(
    { commandId: id, channel: { name: channel } }: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly Publication[],
  ): void {
    this.#reply({ type: 'subscribed', id, channel, position, recovered, publications });
  }

  handleRefused({ commandId, channel }: Subscription, error: ProtocolError): void {
    this.subscriptions.delete(channel.name);
    this.#refuse(commandId, error);
  }

  handleBroken({ channel }: Subscription): void {
    if (!this.#wire.hasPositions) return this.close('insufficientState');
    this.subscriptions.delete(channel.name);
    this.#reply({ type: 'resubscribe', channel: channel.name });
  }

  ping(): void {
    const { pingFrame } = this.#wire;
    if (pingFrame === undefined) this.connection.ping();
    else if (this.#isConnected) this.connection.send(pingFrame);
  }

  close(kind: CloseKind): void {
    const { code, reason } = CLOSES[kind];
    this.#isOver = true;
    this.connection.close(code, reason);
  }

  #obey(command: Command): void {
    if (this.#wire.connects && !this.#isConnected && command.type !== 'connect') {
      return this.close('badRequest');
    }
    switch (command.type) {
      case 'connect':
        return this.#connect(command.id);
      case 'subscribe':
        return this.#attempt(command.id, () => this.#subscribe(command.id, command.requests));
      case 'unsubscribe':
        return this.#unsubscribe(command.id, command.channels);
      case 'pong':
        return undefined;
      case 'refused':
        return this.#refuse(command.id, command.error);
    }
  }

  #connect(id: number): void {
    if (this.#isConnected) return this.close('badRequest');
    this.#isConnected = true;
    const { version, pingIntervalMs } = this.#context;
    this.#reply({ type: 'connected', id, client: randomUUID(), version, pingIntervalMs });
  }

  /** All of the channels or none: a refused command changes nothing. */
  #subscribe(id: number, requests: readonly SubscribeRequest[]): void {
    const added = requests.filter(({ channel }) => !this.subscriptions.has(channel));
    if (this.#wire.hasPositions && added.length < requests.length) {
      throw new ProtocolError('alreadySubscribed');
    }
    const allowed = this.#context.maxChannelsPerSession;
    if (this.subscriptions.size + added.length > allowed) {
      throw new ProtocolError(
        'limitExceeded',
        `a connection listens to ${allowed} channels at most`,
      );
    }
    for (const request of added) this.#context.subscribe(this, request, id);
  }

  #unsubscribe(id: number, channels: readonly string[]): void {
    for (const channel of channels) {
      const subscription = this.subscriptions.get(channel);
      if (subscription === undefined) continue;
      this.subscriptions.delete(channel);
      this.#context.unsubscribe(subscription);
    }
    this.#refusals = 0;
    this.#reply({ type: 'unsubscribed', id });
  }

  #attempt(id: number, act: () => void): void {
    try {
      act();
      this.#refusals = 0;
    } catch (error) {
      this.#handleError(id, error);
    }
  }

  #handleError(id: number, error: unknown): void {
    if (error instanceof ProtocolError) return this.#refuse(id, error);
    this.#context.handleFault(error);
    this.close('serverError');
  }

  /** An error that belongs to no command has no answer on some wires: it ends the connection. */
  #refuse(id: number, error: ProtocolError): void {
    const isAnswered = this.#reply({ type: 'error', id, error });
    if (!isAnswered) return this.close('badRequest');
    if (++this.#refusals >= this.#wire.maxRefusals) this.close('tooManyErrors');
  }

  #reply(reply: Reply): boolean {
    const frame = this.#wire.encodeReply(reply);
    if (frame !== undefined) this.connection.send(frame);
    return frame !== undefined;
  }
}
