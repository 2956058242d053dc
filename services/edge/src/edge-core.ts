import type { Broker } from '@newswire/broker';
import type { Connection } from '@newswire/transport';
import { CatchUp, type CatchUpOptions } from './catch-up.js';
import { Hub, type HubOptions } from './hub.js';
import type { LiveChannel, Subscriber, Subscription } from './live-channel.js';
import { Outbox, type OutboxOptions, type TopicPublisher } from './outbox.js';
import { Session, type SessionContext, type WireChoice } from './session.js';

/** What the parts settle among themselves. */
type InnerCalls =
  'onStarved' | 'onBroken' | 'onFault' | 'subscribe' | 'unsubscribe' | 'handleDrain';

export interface EdgeCoreOptions
  extends
    Omit<CatchUpOptions, InnerCalls>,
    Omit<OutboxOptions, InnerCalls>,
    HubOptions,
    Omit<SessionContext, InnerCalls> {
  /** Told of publications that cannot be encoded, and of the sessions they were for. */
  readonly onFault: (channel: LiveChannel, sessions: readonly Subscriber[], error: unknown) => void;
}

/** Hub, outbox, catch-up and sessions, tied to one another. Clock, timers and sockets are handed in. */
export class EdgeCore {
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  readonly #context: SessionContext;

  constructor(broker: Broker, publisher: TopicPublisher, options: EdgeCoreOptions) {
    const { onFault } = options;
    const onBroken = (subscription: Subscription) => this.hub.break(subscription);
    this.catchUp = new CatchUp({
      ...options,
      onBroken,
      onStarved: (subscription) => this.hub.handleStarved(subscription),
      onFault: ({ channel, session }, error) => onFault(channel, [session], error),
    });
    const outbox = new Outbox(publisher, this.catchUp, {
      ...options,
      onBroken,
      onFault: (channel, error) => {
        const sessions = channel.listeners().map(({ session }) => session);
        onFault(channel, sessions, error);
      },
    });
    this.hub = new Hub(broker, outbox, this.catchUp, options);
    this.#context = {
      ...options,
      subscribe: (session, request, commandId) => this.hub.subscribe(session, request, commandId),
      unsubscribe: (subscription) => this.hub.unsubscribe(subscription),
      handleDrain: (session) => this.catchUp.serve(session),
    };
  }

  /** A session on a connection that has just been opened. */
  open(connection: Connection, choose: WireChoice): Session {
    return new Session(connection, choose, this.#context);
  }

  /** Looks after whatever waits. Called a few times a second. */
  sweep(): void {
    this.hub.sweep();
    this.catchUp.sweep();
  }
}
