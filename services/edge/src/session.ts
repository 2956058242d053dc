import { CLOSES, ProtocolError, type CloseKind, type Command, type Wire } from '@newswire/protocol';
import type { Connection, ConnectionHandler } from '@newswire/transport';
import type { Peer } from './heartbeats.js';

/** What sessions share: where they listen, and what they are allowed. */
export interface SessionContext {
  join(session: Session, channel: string): void;
  leave(session: Session, channel: string): void;
  /** Told once, when the session is over for whatever reason. */
  handleClosed(session: Session, code: number): void;
  /** Told of what should never happen; the session is closed with 3004. */
  handleFault(error: unknown): void;
  readonly maxChannelsPerSession: number;
  /** Milliseconds since any fixed moment. */
  now(): number;
}

/** After so many refused commands in a row a connection is closed with 3509. */
const MAX_ERRORS = 20;

/** One client connection's state: the channels it listens to and its signs of life. */
export class Session implements ConnectionHandler, Peer {
  readonly connection: Connection;
  readonly wire: Wire;
  readonly channels = new Set<string>();
  readonly #context: SessionContext;
  #errors = 0;
  lastSeenMs: number;
  lastPingMs: number;

  constructor(connection: Connection, wire: Wire, context: SessionContext) {
    this.connection = connection;
    this.wire = wire;
    this.#context = context;
    this.lastSeenMs = this.lastPingMs = context.now();
  }

  handleText(text: string): void {
    this.handlePong();
    try {
      this.#obey(this.wire.decode(text));
      this.#errors = 0;
    } catch (error) {
      if (error instanceof ProtocolError) return this.#refuse(error);
      this.#context.handleFault(error);
      this.close('serverError');
    }
  }

  handleBinary(): void {
    this.handlePong();
    this.#refuse(new ProtocolError('badRequest', 'binary frames are not part of this wire'));
  }

  handlePong(): void {
    this.lastSeenMs = this.#context.now();
  }

  handleClose(code: number): void {
    for (const channel of this.channels) this.#context.leave(this, channel);
    this.channels.clear();
    this.#context.handleClosed(this, code);
  }

  ping(): void {
    this.connection.ping();
  }

  close(kind: CloseKind): void {
    const { code, reason } = CLOSES[kind];
    this.connection.close(code, reason);
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'subscribe':
        return this.#subscribe(command.channels);
      case 'unsubscribe':
        return this.#unsubscribe(command.channels);
    }
  }

  /** All of the channels or none: a refused command changes nothing. */
  #subscribe(channels: readonly string[]): void {
    const added = channels.filter((channel) => !this.channels.has(channel));
    const allowed = this.#context.maxChannelsPerSession;
    if (this.channels.size + added.length > allowed) {
      throw new ProtocolError(
        'limitExceeded',
        `a connection listens to ${allowed} channels at most`,
      );
    }
    for (const channel of added) {
      this.channels.add(channel);
      this.#context.join(this, channel);
    }
  }

  #unsubscribe(channels: readonly string[]): void {
    for (const channel of channels) {
      if (this.channels.delete(channel)) this.#context.leave(this, channel);
    }
  }

  #refuse(error: ProtocolError): void {
    this.connection.send(this.wire.encodeError(error));
    if (++this.#errors >= MAX_ERRORS) this.close('tooManyErrors');
  }
}
