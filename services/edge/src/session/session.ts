import { randomUUID } from 'node:crypto';
import {
  type CloseKind,
  CLOSES,
  type Command,
  type ConnectCommand,
  type Position,
  ProtocolError,
  type Reply,
  type SubscribeRequest,
  type Wire,
} from '@newswire/protocol';
import type { Connection, ConnectionHandler, Origin } from '@newswire/transport';
import { AccessClosedError, ANONYMOUS, type Credentials } from '../access/access.js';
import type { Place } from './connection-limiter.js';
import { CommandRateLimiter } from './rate-limits.js';
import type { Peer } from './heartbeats.js';
import type { Subscriber, SubscriberSubscriptions, Subscription } from '../channel/subscription.js';
import type { RingPublication } from '../channel/ring.js';
import { isOver } from '../channel/frames.js';
import type { PendingConnect } from './pending-connect.js';
import { PendingCommands } from './pending-commands.js';
import type { AskingCommand } from './session-commands.js';
import { CONNECT_WITHOUT_COMMAND } from './session-connect.js';
import type { SessionContext, WireChoice } from './session-context.js';
import type { Attempt } from './session-subscriptions.js';
import type { SubscriptionNotifier } from './subscription-notifier.js';

export type { SessionContext, WireChoice } from './session-context.js';

/** `connecting`: the client is being authenticated, and its commands wait. */
type Phase = 'new' | 'connecting' | 'connected' | 'over';

/** Each connect may cost a request to another service. SDKs connect once per connection. */
const MAX_REFUSED_CONNECTS = 5;

/** The most UTF-8 bytes of a reason in a close frame. */
const MAX_REASON_BYTES = 123;

const UUID_LENGTH = 36;
const idBytes = Buffer.alloc(UUID_LENGTH);

/** Node makes a UUID as a tree of 14 pieces. In one piece it takes an eighth of the memory. */
function newClientId(): string {
  idBytes.write(randomUUID(), 'latin1');
  return idBytes.toString('latin1');
}

/** The state of one client connection: its identity, its subscriptions and its heartbeats. */
export class Session implements ConnectionHandler, Peer, Subscriber {
  readonly connection: Connection;
  readonly origin: Origin;
  readonly client = newClientId();
  /** A secret that identifies this session where its commands arrive as separate requests. */
  readonly emulationId: string | undefined;
  readonly subscriptions: OwnSubscriptions;
  /** Channels whose access check is under way. */
  attempts: Map<string, Attempt> | undefined;
  opening: PendingConnect | undefined;
  credentials: Credentials = ANONYMOUS;
  /** Its share of the edge's connection limits; undefined if it was given none. */
  place: Place | undefined;
  /** How many of its commands wait for another service. */
  inFlight = 0;
  lastSeenMs: number;
  lastPingMs: number;
  readonly #context: SessionContext;
  #wire: Wire;
  #choose: WireChoice | undefined;
  #phase: Phase = 'new';
  #pending: PendingCommands | undefined;
  #refusals = 0;
  #rate: CommandRateLimiter | undefined;
  #refusedConnects = 0;
  /** Whether a ping awaits its pong. A pong without a ping counts as a command. */
  #owesPong = false;

  /** Until its first frame, the session has the wire that an empty frame chooses. */
  constructor(connection: Connection, choose: WireChoice, context: SessionContext, origin: Origin) {
    this.subscriptions = new OwnSubscriptions(this, context.notices);
    this.connection = connection;
    this.origin = origin;
    this.#choose = choose;
    this.#wire = choose('');
    this.#context = context;
    this.lastSeenMs = this.lastPingMs = context.now();
    const isEmulated = origin.transport === 'sse' || origin.transport === 'http_stream';
    this.emulationId = isEmulated ? randomUUID() : undefined;
    if (this.#wire.connects) this.#awaitConnect();
  }

  get wire(): Wire {
    return this.#wire;
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  handleText(text: string): void {
    this.handlePong();
    if (this.#choose !== undefined) this.#wire = this.#choose(text);
    this.#choose = undefined;
    if (this.#phase === 'connecting' && !this.#waiting().addFrame(text)) {
      return this.close('badRequest');
    }
    try {
      for (const command of this.#wire.decode(text)) {
        if (this.isOver) return;
        if (this.#isInTime(command)) this.#take(command);
      }
    } catch (error) {
      this.fail(0, error);
    }
  }

  handleBinary(): void {
    this.handlePong();
    // Centrifuge's Protobuf protocol uses binary frames.
    if (this.#wire.connects) return this.close('inappropriateProtocol');
    return this.refuse(0, new ProtocolError('badRequest', 'this wire has no binary frames'));
  }

  handleTooLong(): void {
    this.close('tooLong');
  }

  handlePong(): void {
    this.lastSeenMs = this.#context.now();
  }

  handleDrain(): void {
    this.#context.handleDrain(this);
  }

  handleClose(code: number): void {
    const { subscriptions, registry, deadlines } = this.#context;
    this.#phase = 'over';
    this.#pending = undefined;
    subscriptions.endAll(this);
    registry.remove(this);
    deadlines.clear(this);
    this.#context.handleClosed(this, code);
  }

  /** The client has been authenticated. */
  handleAdmitted(credentials: Credentials): void {
    this.credentials = credentials;
    this.#context.registry.add(this);
    // Replaces the deadline for connecting.
    this.handleRefreshed(credentials);
  }

  /** The connect reply has been sent: the pending commands are executed now. */
  handleConnected(): void {
    this.#phase = 'connected';
    const commands = this.#pending?.take() ?? [];
    this.#pending = undefined;
    if (this.subscriptions.isHeld) {
      this.opening = undefined;
      this.#context.handleDrain(this);
    }
    for (const command of commands) {
      if (this.isOver) return;
      this.#obey(command);
    }
  }

  /** New credentials of the same user, which may end earlier or later than before. */
  handleRefreshed(credentials: Credentials): void {
    this.credentials = credentials;
    this.#context.expiry.watch(this, credentials, () => this.close('expired'));
  }

  ping(): void {
    const { pingFrame } = this.#wire;
    if (pingFrame === undefined) this.connection.ping();
    else if (this.#phase === 'connected') {
      this.#owesPong = true;
      this.connection.send(pingFrame);
    }
  }

  close(kind: CloseKind): void {
    const { code, reason } = CLOSES[kind];
    this.closeWith(code, reason);
  }

  /** Closes the connection with any close code. */
  closeWith(code: number, reason: string): void {
    if (this.isOver) return;
    const fitting = fittingReason(reason);
    this.#context.answers.flush(this);
    if (!this.connection.hasCloseCodes) this.reply({ type: 'disconnect', code, reason: fitting });
    this.#phase = 'over';
    this.connection.close(code, fitting);
  }

  /** Sends a reply, unless the session is over. Returns false if the wire has no such reply. */
  reply(reply: Reply): boolean {
    return this.#tell(reply, (frame) => this.connection.send(frame));
  }

  /** On some wires, an error that belongs to no command has no reply: it closes the connection. */
  refuse(id: number, error: ProtocolError): void {
    const isAnswered = this.reply({ type: 'error', id, error });
    if (!isAnswered) return this.close('badRequest');
    if (++this.#refusals >= this.#wire.maxRefusals) this.close('tooManyErrors');
  }

  /** A command could not be executed. */
  fail(id: number, error: unknown): void {
    if (this.isOver) return undefined;
    if (error instanceof ProtocolError) return this.refuse(id, error);
    if (error instanceof AccessClosedError) return this.closeWith(error.code, error.reason);
    this.#context.handleFault(error);
    this.close('serverError');
  }

  #take(command: Command): void {
    switch (this.#phase) {
      case 'new':
        if (command.type === 'connect') return this.#connect(command);
        if (this.#wire.connects) return this.close('badRequest');
        this.#connect(CONNECT_WITHOUT_COMMAND);
        return this.#take(command);
      case 'connecting':
        if (command.type !== 'pong' && !this.#waiting().add(command)) {
          this.close('badRequest');
        }
        return undefined;
      case 'connected':
        return this.#obey(command);
      case 'over':
        return undefined;
    }
  }

  /**
   * Whether the client is within its command rate. Otherwise the command is refused if it has an
   * id, or the session is closed.
   */
  #isInTime(command: Command): boolean {
    if (command.type === 'pong' && this.#owesPong) {
      this.#owesPong = false;
      return true;
    }
    const { now, commandsPerSecond, maxChannelsPerSession } = this.#context;
    this.#rate ??= new CommandRateLimiter(commandsPerSecond, maxChannelsPerSession, now());
    const verdict = this.#rate.take(now());
    if (verdict === 'refuse' && 'id' in command) {
      this.refuse(command.id, new ProtocolError('tooManyRequests'));
    } else if (verdict === 'close') this.close('tooManyRequests');
    return verdict === 'obey';
  }

  #awaitConnect(): void {
    const { deadlines, wallNow, connectTimeoutMs } = this.#context;
    deadlines.set(this, wallNow() + connectTimeoutMs, () => this.close('stale'));
  }

  #connect(command: ConnectCommand): void {
    this.#phase = 'connecting';
    const asked = this.#context.connects.connect(this, command);
    asked?.catch((error: unknown) => this.#handleNotConnected(command.id, error));
  }

  /** The commands that wait until the client is authenticated. */
  #waiting(): PendingCommands {
    return (this.#pending ??= new PendingCommands(this.#context.pendingLimits));
  }

  /**
   * The client may try again. Its pending commands are refused, because it is not authenticated.
   */
  #handleNotConnected(id: number, error: unknown): void {
    if (this.isOver) return undefined;
    const { subscriptions, registry, connects } = this.#context;
    const commands = this.#pending?.take() ?? [];
    this.#phase = 'new';
    this.#pending = undefined;
    subscriptions.endAll(this);
    registry.remove(this);
    this.credentials = ANONYMOUS;
    if (!(error instanceof ProtocolError)) return this.fail(id, error);
    connects.refuse(this, id, error);
    if (++this.#refusedConnects >= MAX_REFUSED_CONNECTS) return this.close('tooManyErrors');
    for (const command of commands) {
      if ('id' in command) this.refuse(command.id, new ProtocolError('unauthorized'));
    }
    if (!this.isOver) this.#awaitConnect();
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'connect':
        return this.close('badRequest');
      case 'subscribe':
        return this.#subscribe(command.id, command.requests);
      case 'unsubscribe':
        return this.#unsubscribe(command.id, command.channels);
      case 'pong':
        return undefined;
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
        return this.#ask(command);
    }
  }

  #subscribe(id: number, requests: readonly SubscribeRequest[]): void {
    try {
      const asked = this.#context.subscriptions.subscribe(this, id, requests);
      if (asked === undefined) this.#refusals = 0;
      else {
        asked.then(
          () => (this.#refusals = 0),
          (error: unknown) => this.fail(id, error),
        );
      }
    } catch (error) {
      this.fail(id, error);
    }
  }

  #unsubscribe(id: number, channels: readonly string[]): void {
    for (const channel of channels) this.#context.subscriptions.unsubscribe(this, channel);
    this.#refusals = 0;
    this.reply({ type: 'unsubscribed', id });
  }

  #ask(command: AskingCommand): void {
    this.#context.commands.obey(this, command).then(
      (reply) => this.#tell(reply, (frame) => this.#answer(command.id, frame)),
      (error: unknown) => this.fail(command.id, error),
    );
  }

  #answer(id: number, frame: string): void {
    const { answers, maxMessageBytes } = this.#context;
    if (!isOver(frame, maxMessageBytes)) return answers.add(this, frame);
    const detail = `the answer has more than ${maxMessageBytes} bytes`;
    this.refuse(id, new ProtocolError('limitExceeded', detail));
  }

  #tell(reply: Reply, send: (frame: string) => void): boolean {
    if (this.isOver) return true;
    try {
      const frame = this.#wire.encodeReply(reply);
      if (frame !== undefined && frame !== '') send(frame);
      return frame !== undefined;
    } catch (error) {
      this.#context.handleFault(error);
      // Not by closeWith, which may send another reply.
      this.#phase = 'over';
      const { code, reason } = CLOSES.writeError;
      this.connection.close(code, reason);
      return true;
    }
  }
}

/** The subscriptions of a session by channel. */
class OwnSubscriptions extends Map<string, Subscription> implements SubscriberSubscriptions {
  readonly #session: Session;
  readonly #notifier: SubscriptionNotifier;

  constructor(session: Session, notifier: SubscriptionNotifier) {
    super();
    this.#session = session;
    this.#notifier = notifier;
  }

  get isHeld(): boolean {
    return this.#session.opening !== undefined;
  }

  handleSubscribed(
    subscription: Subscription,
    position: Position,
    recovered: boolean | undefined,
    publications: readonly RingPublication[],
  ): boolean {
    const isRecovered = recovered === true;
    const session = this.#session;
    return this.#notifier.tellBegun(session, subscription, position, isRecovered, publications);
  }

  handleRefused(subscription: Subscription, error: ProtocolError): void {
    this.#notifier.tellRefused(this.#session, subscription, error);
  }

  handleBroken(subscription: Subscription): void {
    this.#notifier.tellBroken(this.#session, subscription);
  }
}

/** Cuts a reason to MAX_REASON_BYTES, between characters. */
function fittingReason(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return bytes
    .subarray(0, MAX_REASON_BYTES)
    .toString()
    .replace(/\ufffd+$/, '');
}
