import { randomUUID } from 'node:crypto';
import {
  type CloseKind,
  CLOSES,
  type Command,
  type ConnectCommand,
  type Frame,
  MAX_CLOSE_REASON_BYTES,
  type Position,
  type Protocol,
  type ProtocolChoice,
  ProtocolError,
  type Reply,
  type SubscribeRequest,
  type SubscriptionStart,
} from '@newswire/protocol';
import type { Connection, ConnectionHandler, Origin } from '@newswire/transport';
import {
  AccessClosedError,
  ANONYMOUS,
  type Credentials,
  type ProtocolAccess,
  type SessionOpening,
  type SubscribeGrant,
} from '../access/access.js';
import type { BlockedUsers } from '../access/blocked-users.js';
import type { Subscriber } from '../channel/subscription.js';
import type { SessionEvents } from '../edge-events.js';
import type { ConnectionSlot } from './connection-limiter.js';
import type { Expiry, Peer } from './timeouts.js';
import { CommandRateLimiter } from './rate-limits.js';
import type { Renewals } from './renewals.js';
import type { ReplyBatch, ReplyingSession } from './replies.js';
import type { CommandingSession, ServiceCommand, SessionCommands } from './session-commands.js';
import type { ConnectingSession, SessionConnect } from './session-connect.js';
import { type ControlledSession, newClientId, type SessionRegistry } from './session-registry.js';
import { CLOSED, CONNECTED, NEW, PendingCommands, type SessionState } from './session-state.js';
import {
  SessionSubscriptions,
  type SubscribingSession,
  type SubscriptionServices,
} from './session-subscriptions.js';

/** Each connect may cost a request to another service. SDKs connect once per connection. */
const MAX_REFUSED_CONNECTS = 5;

/** The most commands of one connection that wait for another service at the same time. */
const MAX_COMMANDS_IN_FLIGHT = 64;

const PING = { type: 'ping' } as const;

/** The limits of each session. */
export interface SessionLimits {
  /** Commands beyond this rate are refused, see CommandRateLimiter. */
  readonly commandsPerSecond: number;
  /** A burst may also have one command for each of these channels. */
  readonly maxChannelsPerSession: number;
  /** UTF-16 code units of the frames that wait until the client is authenticated. */
  readonly maxFrameBytes: number;
  /** Replies that are longer, in UTF-8 bytes, are refused with error 106. */
  readonly maxMessageBytes: number;
  /**
   * How long after its connection opened, or its last connect was refused, a client may take until
   * it is authenticated, in ms.
   */
  readonly connectTimeoutMs: number;
}

/** The parts of an edge that all its sessions share. */
export interface SessionServices {
  /** The open sessions: each adds and removes itself. */
  readonly sessions: Set<Session>;
  readonly connects: SessionConnect;
  readonly commands: SessionCommands;
  readonly subscriptions: SubscriptionServices;
  readonly replies: ReplyBatch;
  readonly registry: SessionRegistry;
  readonly blocked: Pick<BlockedUsers, 'has'>;
  readonly expiry: Pick<Expiry, 'schedule' | 'forget'>;
  readonly renewals: Pick<Renewals, 'watchSession'>;
  readonly events: SessionEvents;
  readonly limits: SessionLimits;
  /** Whole milliseconds since any fixed moment: a session stores several times. */
  readonly now: () => number;
}

/**
 * One client connection: its protocol, its client's identity, and the order of its commands. Its
 * states are drawn in `session-state.ts`; only this class changes them.
 */
export class Session
  implements
    ConnectionHandler,
    Peer,
    Subscriber,
    ConnectingSession,
    CommandingSession,
    SubscribingSession,
    ReplyingSession,
    ControlledSession
{
  readonly connection: Connection;
  readonly origin: Origin;
  readonly client: string;
  /** Undefined: that of the edge. */
  readonly access: ProtocolAccess | undefined;
  /** A secret that identifies this session where its commands arrive as separate requests. */
  readonly emulationId: string | undefined;
  readonly subscriptions: SessionSubscriptions;
  lastSeenMs: number;
  lastPingMs: number;
  readonly #services: SessionServices;
  readonly #slot: ConnectionSlot;
  #state: SessionState = NEW;
  #credentials: Credentials = ANONYMOUS;
  #protocol: Protocol;
  /** Until the first frame. */
  #choose: ProtocolChoice | undefined;
  #rateLimiter: CommandRateLimiter | undefined;
  /** Refused commands since the last one that succeeded. */
  #refusals = 0;
  /** Commands that wait for another service. */
  #commandsInFlight = 0;
  /** A pong without a ping counts as a command. */
  #isPongExpected = false;

  /**
   * Until its first frame, the session has the protocol that an empty frame selects. `slot`: its share
   * of the edge's connection limits. `opening`: what its handshake has determined.
   */
  constructor(
    connection: Connection,
    origin: Origin,
    choose: ProtocolChoice,
    slot: ConnectionSlot,
    services: SessionServices,
    { client = newClientId(), access }: SessionOpening = {},
  ) {
    this.client = client;
    this.access = access;
    this.connection = connection;
    this.origin = origin;
    this.#choose = choose;
    this.#protocol = choose('');
    this.#slot = slot;
    this.#services = services;
    this.subscriptions = new SessionSubscriptions(this, services.subscriptions);
    this.lastSeenMs = this.lastPingMs = services.now();
    const isEmulated = origin.transport === 'sse' || origin.transport === 'http_stream';
    this.emulationId = isEmulated ? randomUUID() : undefined;
    if (this.#protocol.connecting.implied === undefined) this.#awaitConnect();
    services.sessions.add(this);
  }

  get protocol(): Protocol {
    return this.#protocol;
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  get isClosed(): boolean {
    return this.#state.type === 'closed';
  }

  /** Connects the client now, as its protocol implies, and not by its first command. */
  connect(): void {
    const { implied } = this.#protocol.connecting;
    if (this.#state.type === 'idle' && implied !== undefined) this.#connect(implied, 0);
  }

  handleFrame(frame: Frame): void {
    this.handlePong();
    if (this.#choose !== undefined) this.#protocol = this.#choose(frame);
    this.#choose = undefined;
    if (this.#state.type === 'connecting' && !this.#state.commands.addFrame(frame)) {
      return this.close('badRequest');
    }
    try {
      for (const command of this.#protocol.codec.decode(frame)) {
        if (this.isClosed) return;
        if (this.#isWithinRate(command)) this.#handleCommand(command);
      }
    } catch (error) {
      this.#fail(0, error);
    }
  }

  handleTooLong(): void {
    this.close('tooLong');
  }

  handlePong(): void {
    this.lastSeenMs = this.#services.now();
  }

  handleDrain(): void {
    this.subscriptions.serve();
  }

  handleClose(code: number): void {
    const { sessions, registry, expiry, events } = this.#services;
    this.#state = CLOSED;
    sessions.delete(this);
    this.subscriptions.endAll();
    registry.remove(this);
    expiry.forget(this);
    this.#slot.release();
    events.onSessionClosed(this, code);
  }

  /** The client has been authenticated. Throws AccessClosedError if its user has too many sessions. */
  handleAuthenticated(credentials: Credentials): void {
    if (!this.#slot.countFor(credentials.user)) {
      this.#services.events.onConnectionRefused('user');
      throw AccessClosedError.of('connectionLimit');
    }
    this.#credentials = credentials;
    this.#services.registry.add(this);
    // Replaces the deadline for connecting.
    this.renew(credentials);
  }

  openSubscriptions(
    id: number,
    subs: Readonly<Record<string, SubscribeGrant>>,
    positions: ReadonlyMap<string, Position>,
  ): Promise<readonly SubscriptionStart[]> {
    return this.subscriptions.open(id, subs, positions);
  }

  /** The connect reply has been sent: the pending commands are executed now. */
  handleConnected(): void {
    const state = this.#state;
    if (state.type !== 'connecting') return;
    this.#state = CONNECTED;
    this.#services.events.onSessionConnected(this);
    this.subscriptions.handleConnected();
    for (const command of state.commands.take()) {
      if (this.isClosed) return;
      this.#handleCommand(command);
    }
  }

  renew(credentials: Credentials): void {
    this.#credentials = credentials;
    this.#services.renewals.watchSession(this);
  }

  ping(): void {
    const frame = this.#protocol.codec.encodeReply(PING);
    if (frame === undefined) this.connection.ping();
    else if (this.#state.type === 'connected') {
      this.connection.send(frame);
      if (this.#protocol.isOneWay) this.connection.ping();
      else this.#isPongExpected = true;
    }
  }

  close(kind: CloseKind): void {
    const { code, reason } = CLOSES[kind];
    this.closeWith(code, reason);
  }

  /** Closes the connection with any close code. */
  closeWith(code: number, reason: string): void {
    if (this.isClosed) return;
    const { closes } = this.#protocol;
    const close = closes?.translate({ code, reason }) ?? { code, reason };
    const fitting = { code: close.code, reason: cutReason(close.reason) };
    this.#services.replies.flush(this);
    if (!this.connection.hasCloseCodes || closes?.announces(close.code) === true) {
      this.reply({ type: 'disconnect', ...fitting });
    }
    this.#state = CLOSED;
    this.connection.close(fitting.code, fitting.reason);
  }

  /**
   * The reply's frame: undefined if the protocol has none for it, '' if nothing is to be sent. A reply
   * that cannot be encoded closes the session.
   */
  encode(reply: Reply): Frame | undefined {
    if (this.isClosed) return '';
    try {
      return this.#protocol.codec.encodeReply(reply);
    } catch (error) {
      this.#services.events.onFault(this, error);
      // Not by closeWith, which may send another reply.
      this.#state = CLOSED;
      const { code, reason } = CLOSES.writeError;
      this.connection.close(code, reason);
      return '';
    }
  }

  /** Sends a reply, unless the session is closed. Returns false if the protocol has no such reply. */
  reply(reply: Reply): boolean {
    const frame = this.encode(reply);
    if (frame !== undefined && frame.length > 0) this.connection.send(frame);
    return frame !== undefined;
  }

  /** In some protocols, an error that belongs to no command has no reply and closes the connection. */
  refuse(id: number, error: ProtocolError, channel?: string): void {
    const { refusals } = this.#protocol;
    const instead = channel === undefined ? undefined : refusals.closeSubscribe?.(error);
    if (instead !== undefined) return this.close(instead);
    const isReplied = this.reply({ type: 'error', id, error, channel });
    const kind = isReplied
      ? refusals.closeAfter(++this.#refusals)
      : refusals.closeUnanswered(error);
    if (kind !== undefined) this.close(kind);
  }

  #awaitConnect(): void {
    const { expiry, limits } = this.#services;
    expiry.schedule(this, limits.connectTimeoutMs, () => this.close('stale'));
  }

  /**
   * Whether the client is within its command rate. Otherwise the command is refused if it has an
   * id, or the session is closed.
   */
  #isWithinRate(command: Command): boolean {
    if (command.type === 'pong' && this.#isPongExpected) {
      this.#isPongExpected = false;
      return true;
    }
    const { now, limits } = this.#services;
    const { commandsPerSecond, maxChannelsPerSession } = limits;
    this.#rateLimiter ??= new CommandRateLimiter(commandsPerSecond, maxChannelsPerSession, now());
    const decision = this.#rateLimiter.check(now());
    if (decision === 'refuse' && 'id' in command) {
      this.refuse(command.id, new ProtocolError('tooManyRequests'));
    } else if (decision === 'close') this.close('tooManyRequests');
    return decision === 'execute';
  }

  #handleCommand(command: Command): void {
    const state = this.#state;
    switch (state.type) {
      case 'idle':
        return this.#handleFirst(command, state.refusedConnects);
      case 'connecting':
        if (command.type !== 'pong' && !state.commands.add(command)) this.close('badRequest');
        return undefined;
      case 'connected':
        return this.#execute(command);
      case 'closed':
        return undefined;
    }
  }

  /** In some protocols, a client's first command implies that it connects. */
  #handleFirst(command: Command, refusedConnects: number): void {
    if (command.type === 'connect') return this.#connect(command, refusedConnects);
    const { implied } = this.#protocol.connecting;
    if (implied === undefined) return this.close('badRequest');
    this.#connect(implied, refusedConnects);
    return this.#handleCommand(command);
  }

  #connect(command: ConnectCommand, refusedConnects: number): void {
    const { connects, limits } = this.#services;
    this.#state = { type: 'connecting', refusedConnects, commands: new PendingCommands(limits) };
    connects
      .connect(this, command)
      ?.catch((error: unknown) => this.#handleConnectRefused(command.id, error));
  }

  /** The pending commands are refused, because their client is not authenticated. */
  #handleConnectRefused(id: number, error: unknown): void {
    const state = this.#state;
    if (state.type !== 'connecting') return this.#fail(id, error);
    const refusedConnects = state.refusedConnects + 1;
    this.#state = { type: 'idle', refusedConnects };
    this.subscriptions.endAll();
    this.#services.registry.remove(this);
    this.#credentials = ANONYMOUS;
    if (!(error instanceof ProtocolError)) return this.#fail(id, error);
    this.#refuseConnect(id, error);
    if (refusedConnects >= MAX_REFUSED_CONNECTS) return this.close('tooManyErrors');
    for (const command of state.commands.take()) {
      if ('id' in command) this.refuse(command.id, new ProtocolError('unauthorized'));
    }
    if (!this.isClosed) this.#awaitConnect();
  }

  /** The protocol decides whether a client may try again on the same connection. */
  #refuseConnect(id: number, error: ProtocolError): void {
    const kind = this.#protocol.connecting.closeRefused(error);
    if (kind === undefined) return this.refuse(id, error);
    this.reply({ type: 'error', id, error });
    return this.close(kind);
  }

  #execute(command: Command): void {
    switch (command.type) {
      case 'connect':
        return this.close('badRequest');
      case 'subscribe':
        return this.#subscribe(command.id, command.requests);
      case 'unsubscribe':
        for (const channel of command.channels) this.subscriptions.unsubscribe(channel);
        this.#refusals = 0;
        return void this.reply({ type: 'unsubscribed', id: command.id });
      case 'ping':
        return void this.reply({ type: 'pong' });
      case 'pong':
        return undefined;
      case 'signIn':
        return this.#signIn(command.id, command.auth, command.data);
      case 'send':
        // No handler takes it, and it has no reply that could report this.
        return this.close('notAvailable');
      case 'refused':
        return this.refuse(command.id, command.error);
      case 'publish':
      case 'presence':
      case 'presenceStats':
      case 'history':
      case 'rpc':
      case 'refresh':
      case 'subRefresh':
        return this.#request(command);
    }
  }

  /** Executes a command that needs another service. Its reply is sent at the end of a later tick. */
  #request(command: ServiceCommand): void {
    const { id } = command;
    if (this.#commandsInFlight >= MAX_COMMANDS_IN_FLIGHT) {
      return this.refuse(id, new ProtocolError('tooManyRequests'));
    }
    this.#commandsInFlight++;
    this.#services.commands.execute(this, command).then(
      (reply) => {
        this.#commandsInFlight--;
        return this.#services.replies.add(this, id, reply);
      },
      (error: unknown) => {
        this.#commandsInFlight--;
        return this.#fail(id, error);
      },
    );
  }

  #signIn(id: number, auth: string, data: string): void {
    try {
      if (this.access === undefined) throw new ProtocolError('notAvailable', 'signing in');
      const { registry, blocked } = this.#services;
      const credentials = this.access.signIn(auth, data);
      if (blocked.has(credentials.user)) throw AccessClosedError.of('permissionDenied');
      registry.remove(this);
      this.handleAuthenticated(credentials);
      this.reply({ type: 'signedIn', id, data });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #subscribe(id: number, requests: readonly SubscribeRequest[]): void {
    const channel = requests[0]?.channel;
    try {
      const pending = this.subscriptions.subscribe(id, requests);
      if (pending === undefined) this.#refusals = 0;
      else {
        pending.then(
          () => (this.#refusals = 0),
          (error: unknown) => this.#fail(id, error, channel),
        );
      }
    } catch (error) {
      this.#fail(id, error, channel);
    }
  }

  /** A command could not be executed. */
  #fail(id: number, error: unknown, channel?: string): void {
    if (this.isClosed) return undefined;
    if (error instanceof ProtocolError) return this.refuse(id, error, channel);
    if (error instanceof AccessClosedError) return this.closeWith(error.code, error.reason);
    this.#services.events.onFault(this, error);
    return this.close('serverError');
  }
}

/** Cuts a reason to MAX_CLOSE_REASON_BYTES, between characters. */
function cutReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_CLOSE_REASON_BYTES) return reason;
  return bytes
    .subarray(0, MAX_CLOSE_REASON_BYTES)
    .toString()
    .replace(/\ufffd+$/, '');
}
