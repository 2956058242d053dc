import type { Broker, ControlHandler, Presence } from '@newswire/broker';
import type { Connection, Origin } from '@newswire/transport';
import type { Access } from './access/access.js';
import { OPEN_NAMESPACE, openAccess } from './access/open-access.js';
import type { RpcHandler } from './access/rpc.js';
import { CatchUp, type CatchUpOptions } from './channel/catch-up.js';
import { ReplyBatch } from './session/reply-batch.js';
import { ChannelMembers, type ChannelMembersOptions } from './session/channel-members.js';
import { controlHandler } from './session/control-handler.js';
import { Deadlines } from './session/deadlines.js';
import { Expiry } from './session/expiry.js';
import { Hub, type HubOptions } from './channel/hub.js';
import type { LiveChannel, Subscriber, Subscription } from './channel/live-channel.js';
import { Outbox, type OutboxOptions, type TopicPublisher } from './channel/outbox.js';
import { Session, type SessionContext, type WireChoice } from './session/session.js';
import { SessionCommands } from './session/session-commands.js';
import { SessionConnect } from './session/session-connect.js';
import { SessionRegistry } from './session/session-registry.js';
import { SessionSubscriptions } from './session/session-subscriptions.js';
import { SubscriptionNotifier } from './session/subscription-notifier.js';
import type { OptionsOf } from './session/terms-of.js';

/** What the parts settle among themselves. */
type InnerCalls =
  'onStarved' | 'onBroken' | 'onFault' | 'onBegun' | 'onEnded' | 'handleDrain' | 'limitsOf';

/** Who clients are, what they may do and who is there. What is left out is open, or not had. */
export interface EdgePowers {
  readonly access?: Access | undefined;
  readonly optionsOf?: OptionsOf | undefined;
  readonly presence?: Presence | undefined;
  readonly rpc?: RpcHandler | undefined;
}

export interface EdgeCoreOptions
  extends
    Omit<CatchUpOptions, InnerCalls | 'maxMessageBytes'>,
    Omit<OutboxOptions, InnerCalls | 'maxMessageBytes'>,
    Omit<HubOptions, InnerCalls>,
    Pick<SessionContext, 'handleClosed' | 'handleFault'>,
    EdgePowers,
    Timeouts {
  /** Told of publications that cannot be encoded, and of the sessions they were for. */
  readonly onFault: (channel: LiveChannel, sessions: readonly Subscriber[], error: unknown) => void;
  /** Presence could not be told that somebody came or went. */
  readonly onPresenceFailure?: ChannelMembersOptions['onFailure'];
  readonly maxChannelsPerSession: number;
  /** The longest message from a client, and the largest publication, in bytes. Default: 1 MiB. */
  readonly maxFrameBytes?: number;
  readonly maxDataBytes?: number;
  /** The longest message to a client, in bytes. Default: 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Without it commands are not counted. */
  readonly commandsPerSecond?: number;
  /** Whether one more session of a user may be. Default: yes. */
  readonly admits?: (session: Session, user: string) => boolean;
  readonly pingIntervalMs: number;
  /** Of newswire, for clients to see. */
  readonly version: string;
  /** Unique among the edges that run. */
  readonly nodeUid?: string;
  readonly nodeName?: string;
  /** Milliseconds since 1970. */
  readonly wallNow?: () => number;
}

/** How patient an edge is. */
export interface Timeouts {
  /** By when a client has to have said who it is. Default: 15 s. */
  readonly connectTimeoutMs?: number;
  /** For how long a client may be late with a refresh. Default: 25 s. */
  readonly expiryGraceMs?: number;
}

/** A limit of messages, frames and data where none is given. */
const MAX_BYTES = 1_048_576;

/** So many commands beside subscriptions may wait for it to be known who a client is. */
const PENDING_COMMANDS = 1024;

const CONNECT_TIMEOUT_MS = 15_000;
const EXPIRY_GRACE_MS = 25_000;

/** More commands a second than any connection can send. */
const UNCOUNTED = 1e9;

/** Hub, outbox, catch-up and sessions, tied to one another. Clock, timers and sockets are handed in. */
export class EdgeCore {
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  readonly registry = new SessionRegistry();
  /** This edge's answers to control requests. */
  readonly control: ControlHandler;
  readonly #deadlines = new Deadlines();
  readonly #wallNow: () => number;
  readonly #context: SessionContext;

  constructor(broker: Broker, publisher: TopicPublisher, options: EdgeCoreOptions) {
    const { now, wallNow = Date.now, nodeUid = '', nodeName = '', version, presence } = options;
    const { onFault, onPresenceFailure = () => undefined, maxChannelsPerSession } = options;
    const { maxFrameBytes = MAX_BYTES, maxDataBytes = MAX_BYTES } = options;
    const { maxMessageBytes = MAX_BYTES } = options;
    const optionsOf = options.optionsOf ?? (() => OPEN_NAMESPACE);
    const access = options.access ?? openAccess(optionsOf);
    this.#wallNow = wallNow;
    const onBroken = (subscription: Subscription) => this.hub.break(subscription);
    this.catchUp = new CatchUp({
      ...options,
      maxMessageBytes,
      onBroken,
      onStarved: (subscription) => this.hub.handleStarved(subscription),
      onFault: ({ channel, session }, error) => onFault(channel, [session], error),
    });
    const outbox = new Outbox(publisher, this.catchUp, {
      ...options,
      maxMessageBytes,
      onBroken,
      onFault: (channel, error) => {
        const sessions = channel.listeners().map(({ session }) => session);
        onFault(channel, sessions, error);
      },
    });
    const deadlines = this.#deadlines;
    const { expiryGraceMs: graceMs = EXPIRY_GRACE_MS } = options;
    const expiry = new Expiry({ deadlines, wallNow, graceMs });
    const members = new ChannelMembers({ ...options, presence, onFailure: onPresenceFailure });
    this.hub = new Hub(broker, outbox, this.catchUp, {
      ...options,
      limitsOf: optionsOf,
      onBegun: (subscription) => members.handleBegun(subscription),
      onEnded: (subscription) => {
        members.handleEnded(subscription);
        if (subscription.grant.expiresAtMs !== undefined) expiry.forget(subscription);
      },
    });
    const { hub, registry } = this;
    const subscriptions = new SessionSubscriptions({
      ...options,
      maxMessageBytes,
      hub,
      access,
      optionsOf,
      expiry,
    });
    const notices = new SubscriptionNotifier(subscriptions, expiry, maxMessageBytes);
    const { rpc } = options;
    this.#context = {
      subscriptions,
      notices,
      registry,
      deadlines,
      expiry,
      now,
      wallNow,
      connects: new SessionConnect({
        admits: () => true,
        ...options,
        maxMessageBytes,
        access,
        subscriptions,
        expiry,
        nodeUid,
      }),
      commandsPerSecond: options.commandsPerSecond ?? UNCOUNTED,
      commands: new SessionCommands({
        broker,
        presence,
        access,
        optionsOf,
        rpc,
        expiry,
        notices,
        version,
        maxDataBytes,
        maxMessageBytes,
      }),
      answers: new ReplyBatch(maxMessageBytes, options.defer),
      maxChannelsPerSession,
      maxMessageBytes,
      pendingLimits: {
        maxCommands: maxChannelsPerSession + PENDING_COMMANDS,
        maxCharacters: maxFrameBytes,
      },
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      handleDrain: (session) => this.catchUp.serve(session),
      handleClosed: options.handleClosed,
      handleFault: options.handleFault,
    };
    const startedMs = now();
    this.control = controlHandler({
      hub,
      registry,
      subscriptions,
      node: { uid: nodeUid, name: nodeName, version },
      uptimeS: () => (now() - startedMs) / 1000,
    });
  }

  /** A session on a connection that has just been opened. */
  open(connection: Connection, choose: WireChoice, origin: Origin): Session {
    return new Session(connection, choose, this.#context, origin);
  }

  /** Looks after whatever waits. Called a few times a second. */
  sweep(): void {
    this.hub.sweep();
    this.catchUp.sweep();
    this.#deadlines.sweep(this.#wallNow());
  }
}
