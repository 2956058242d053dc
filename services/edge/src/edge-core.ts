import {
  type BlockList,
  type Broker,
  type ControlHandler,
  MemoryBlockList,
  type Presence,
} from '@newswire/broker';
import type { ProtocolChoice } from '@newswire/protocol';
import type { Connection, Origin } from '@newswire/transport';
import type { Access, RpcHandler, SessionHooks, SessionOpening } from './access/access.js';
import { BlockedUsers, refuseBlocked } from './access/blocked-users.js';
import type { GetNamespaceOptions } from './access/channel-rules.js';
import { CatchUp } from './channel/catch-up.js';
import { Hub } from './channel/hub.js';
import type { Subscription } from './channel/subscription.js';
import { Outbox, type TopicPublisher } from './channel/outbox.js';
import type { EdgeConfig } from './edge-config.js';
import type { EdgeEvents } from './edge-events.js';
import type { ClientObserver } from './session/webhook-reports.js';
import { ChannelMembers } from './session/channel-members.js';
import { type ConnectionSlot, UNCOUNTED_SLOT } from './session/connection-limiter.js';
import { Expiry } from './session/timeouts.js';
import { Renewals } from './session/renewals.js';
import { ReplyBatch } from './session/replies.js';
import { SessionCommands } from './session/session-commands.js';
import { SessionConnect } from './session/session-connect.js';
import { createControlHandler, SessionRegistry } from './session/session-registry.js';
import { Session, type SessionServices } from './session/session.js';
import { TermsResolver } from './channel/subscription-terms.js';

/** Time, as an edge's parts read it and wait for it. */
export interface EdgeClock {
  /** Whole milliseconds since any fixed moment. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Runs a function once the current turn of the event loop is over. */
  readonly defer: (act: () => void) => void;
  /** Repeats `act` until it succeeds or is no longer wanted. Resolves with whether it succeeded. */
  readonly retry: (act: () => Promise<void>, isStillWanted: () => boolean) => Promise<boolean>;
}

/** The identity of an edge. */
export interface EdgeNode {
  /** Unique among the running edges. */
  readonly uid: string;
  readonly name: string;
  /** The newswire version that clients see. */
  readonly version: string;
}

/** The dependencies of an edge's parts. */
export interface EdgeDependencies {
  readonly broker: Broker;
  /** Undefined: joins and leaves are neither reported nor received. */
  readonly presence: Presence | undefined;
  /** Default: no user is blocked. */
  readonly blockList?: Pick<BlockList, 'list'> | undefined;
  /** The topics of the listening server. */
  readonly publisher: TopicPublisher;
  readonly access: Access;
  /** Undefined: rpc is refused with error 108. */
  readonly rpc: RpcHandler | undefined;
  readonly hooks: SessionHooks;
  /** Undefined: no event for webhooks is enabled. */
  readonly webhooks: ClientObserver | undefined;
  readonly getOptions: GetNamespaceOptions;
  readonly events: EdgeEvents;
  readonly clock: EdgeClock;
  readonly node: EdgeNode;
}

/** Composes the parts that deliver publications to sessions. Does no I/O of its own. */
export class EdgeCore {
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  readonly registry = new SessionRegistry();
  /** The open sessions, connected or not. */
  readonly sessions: ReadonlySet<Session>;
  /** The users that this edge does not let in. */
  readonly blocked: BlockedUsers;
  /** Handles control requests on this edge. */
  readonly control: ControlHandler;
  readonly #expiry: Expiry;
  readonly #members: ChannelMembers;
  readonly #services: SessionServices;

  constructor(config: EdgeConfig, dependencies: EdgeDependencies) {
    const { broker, presence, publisher, rpc, hooks, webhooks, getOptions } = dependencies;
    const { events, clock, node } = dependencies;
    const { now, wallNow, defer, retry } = clock;
    const { maxMessageBytes, maxBufferedBytes, maxChannelsPerSession } = config;
    this.blocked = new BlockedUsers({
      list: dependencies.blockList ?? new MemoryBlockList(wallNow),
      now: wallNow,
      onBlocked: (user) => {
        for (const session of this.registry.find({ user })) session.close('forceDisconnect');
      },
    });
    const access = refuseBlocked(dependencies.access, this.blocked);
    const expiry = new Expiry({ graceMs: config.expiryGraceMs, wallNow });
    const renewals = new Renewals({ expiry, hooks, getOptions });
    const onBroken = (subscription: Subscription) => this.hub.break(subscription);

    const members = new ChannelMembers({
      presence,
      retry,
      maxBufferedBytes,
      onFailure: (error) => events.onBrokerFailure(error, broker.fault !== undefined),
      defer,
    });
    this.#members = members;
    this.catchUp = new CatchUp({
      maxBufferedBytes,
      maxLagBytes: config.maxLagBytes,
      maxLagMs: config.maxLagMs,
      maxMessageBytes,
      now,
      onStarved: (subscription) => this.hub.handleStarved(subscription),
      onBroken,
      onFault: ({ channel, session }, error) => {
        events.onEncodingFault(channel.name, [session], error);
        session.close('insufficientState');
      },
      onSlow: events.onSlow,
      onServed: events.onServed,
    });
    const outbox = new Outbox(publisher, this.catchUp, {
      maxFlushBytes: config.maxFlushBytes,
      maxMessageBytes,
      slowCheckBytes: config.slowCheckBytes,
      now,
      defer,
      onFault: (channel, error) => {
        const sessions = channel.listeners().map(({ session }) => session);
        events.onEncodingFault(channel.name, sessions, error);
        for (const session of sessions) session.close('insufficientState');
      },
      onBroken,
      onFlush: events.onFlush,
    });
    this.hub = new Hub(broker, outbox, this.catchUp, {
      ringSize: config.ringSize,
      ringBytes: config.ringBytes,
      historyBytes: config.historyBytes,
      getLimits: getOptions,
      checkIntervalMs: config.checkIntervalMs,
      ringIdleMs: config.ringIdleMs,
      maxIdleChannels: config.maxIdleChannels,
      maxTagsFilters: config.maxTagsFilters,
      subscribeTimeoutMs: config.subscribeTimeoutMs,
      now,
      retry,
      onRead: events.onRead,
      onGap: events.onGap,
      onFill: events.onFill,
      onRecovery: events.onRecovery,
      onBegun: (subscription) => {
        members.handleBegun(subscription);
        webhooks?.handleBegun(subscription);
      },
      onEnded: (subscription) => {
        members.handleEnded(subscription);
        webhooks?.handleEnded(subscription);
        if (subscription.grant.expiresAtMs !== undefined) expiry.forget(subscription);
      },
    });

    const { hub, catchUp, registry } = this;
    this.#expiry = expiry;
    const sessions = new Set<Session>();
    this.sessions = sessions;
    this.#services = {
      sessions,
      connects: new SessionConnect({
        access,
        expiry,
        renewals,
        maxChannelsPerSession,
        maxMessageBytes,
        pingIntervalMs: config.pingIntervalMs,
        version: node.version,
        nodeUid: node.uid,
      }),
      commands: new SessionCommands({
        broker,
        presence,
        access,
        getOptions,
        rpc,
        hooks,
        observer: webhooks,
        expiry,
        renewals,
        version: node.version,
        maxDataBytes: config.maxDataBytes,
        maxMessageBytes,
      }),
      subscriptions: {
        hub,
        catchUp,
        access,
        terms: new TermsResolver(getOptions),
        observer: webhooks,
        expiry,
        renewals,
        limits: config,
      },
      replies: new ReplyBatch(maxMessageBytes, defer),
      registry,
      blocked: this.blocked,
      expiry,
      renewals,
      events,
      limits: config,
      now,
    };
    const startedMs = now();
    this.control = createControlHandler({
      hub,
      registry,
      blocked: this.blocked,
      node,
      uptimeS: () => (now() - startedMs) / 1000,
    });
  }

  /** Creates a session on a connection that has just opened. */
  open(
    connection: Connection,
    choose: ProtocolChoice,
    origin: Origin,
    slot: ConnectionSlot = UNCOUNTED_SLOT,
    opening?: SessionOpening,
  ): Session {
    return new Session(connection, origin, choose, slot, this.#services, opening);
  }

  /** Runs the periodic work of the hub, catch-up and the deadlines. Called a few times a second. */
  sweep(): void {
    this.hub.sweep();
    this.catchUp.sweep();
    this.#expiry.sweep();
    this.#members.sweep();
  }
}
