import type { Broker, ControlHandler, Presence } from '@newswire/broker';
import type { Connection, Origin } from '@newswire/transport';
import type { Access, RpcHandler } from './access/access.js';
import { OPEN_NAMESPACE, openAccess } from './access/channel-rules.js';
import { CatchUp, type CatchUpOptions } from './channel/catch-up.js';
import { ReplyBatch } from './session/reply-batch.js';
import { ChannelMembers, type ChannelMembersOptions } from './session/channel-members.js';
import { controlHandler } from './session/control-handler.js';
import { Deadlines, Expiry } from './session/expiry.js';
import { Hub, type HubOptions } from './channel/hub.js';
import type { Subscriber, Subscription } from './channel/subscription.js';
import { Outbox, type OutboxOptions, type TopicPublisher } from './channel/outbox.js';
import { Session, type SessionContext, type WireChoice } from './session/session.js';
import { SessionCommands } from './session/session-commands.js';
import { SessionConnect } from './session/session-connect.js';
import { SessionRegistry } from './session/session-registry.js';
import { SessionSubscriptions } from './session/session-subscriptions.js';
import { SubscriptionNotifier } from './session/subscription-notifier.js';
import type { GetNamespaceOptions } from './access/channel-rules.js';

/** Callbacks that the core's parts set for one another. */
type InnerCalls =
  'onStarved' | 'onBroken' | 'onFault' | 'onBegun' | 'onEnded' | 'handleDrain' | 'getLimits';

/**
 * Optional dependencies. The defaults are `openAccess`, `OPEN_NAMESPACE`, no presence and no rpc.
 */
export interface EdgePowers {
  readonly access?: Access | undefined;
  readonly getOptions?: GetNamespaceOptions | undefined;
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
  /** Called for publications that cannot be encoded, with the sessions that should receive them. */
  readonly onFault: (
    channel: { readonly name: string },
    sessions: readonly Subscriber[],
    error: unknown,
  ) => void;
  /** Called if presence could not record that a client joined or left. */
  readonly onPresenceFailure?: ChannelMembersOptions['onFailure'];
  readonly maxChannelsPerSession: number;
  /** The longest message from a client, and the largest publication, in bytes. Default: 1 MiB. */
  readonly maxFrameBytes?: number;
  readonly maxDataBytes?: number;
  /** The longest message to a client, in bytes. Default: 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Undefined: commands are not limited. */
  readonly commandsPerSecond?: number;
  /** Whether a user may have one more session. Default: yes. */
  readonly admits?: (session: Session, user: string) => boolean;
  readonly pingIntervalMs: number;
  /** newswire's version, which clients see. */
  readonly version: string;
  /** Unique among the running edges. */
  readonly nodeUid?: string;
  readonly nodeName?: string;
  /** Milliseconds since 1970. */
  readonly wallNow?: () => number;
}

/** Timeouts for clients. */
export interface Timeouts {
  /** How long a client may take until it has connected. Default: 15 s. */
  readonly connectTimeoutMs?: number;
  /** How long a client may be late with a refresh. Default: 25 s. */
  readonly expiryGraceMs?: number;
}

/** The default limit of messages, frames and data. */
const MAX_BYTES = 1_048_576;

/** The number of commands besides subscriptions that may wait while a client connects. */
const PENDING_COMMANDS = 1024;

const CONNECT_TIMEOUT_MS = 15_000;
const EXPIRY_GRACE_MS = 25_000;

/** More commands per second than any connection can send. */
const UNCOUNTED = 1e9;

/** Connects hub, outbox, catch-up and sessions. Clock, timers and sockets are passed in. */
export class EdgeCore {
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  readonly registry = new SessionRegistry();
  /** Handles control requests on this edge. */
  readonly control: ControlHandler;
  readonly #deadlines = new Deadlines();
  readonly #wallNow: () => number;
  readonly #context: SessionContext;

  constructor(broker: Broker, publisher: TopicPublisher, options: EdgeCoreOptions) {
    const { now, wallNow = Date.now, nodeUid = '', nodeName = '', version, presence } = options;
    const { onFault, onPresenceFailure = () => undefined, maxChannelsPerSession } = options;
    const { maxFrameBytes = MAX_BYTES, maxDataBytes = MAX_BYTES } = options;
    const { maxMessageBytes = MAX_BYTES } = options;
    const getOptions = options.getOptions ?? (() => OPEN_NAMESPACE);
    const access = options.access ?? openAccess(getOptions);
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
      getLimits: getOptions,
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
      getOptions,
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
        getOptions,
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

  /** Creates a session on a connection that has just opened. */
  open(connection: Connection, choose: WireChoice, origin: Origin): Session {
    return new Session(connection, choose, this.#context, origin);
  }

  /** Runs the periodic work of the hub, catch-up and the deadlines. Called a few times a second. */
  sweep(): void {
    this.hub.sweep();
    this.catchUp.sweep();
    this.#deadlines.sweep(this.#wallNow());
  }
}
