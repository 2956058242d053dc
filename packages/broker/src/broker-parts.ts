import type { BlockList } from './block-list.js';
import type { Broker } from './broker.js';
import type { Control } from './control.js';
import type { EventStore, EventWriter } from './events/events.js';
import type { Presence } from './presence.js';

/** The broker parts that a process needs. */
export interface BrokerParts {
  readonly broker: Broker;
  readonly control: Control;
  readonly presence: Presence;
  readonly blockList: BlockList;
  readonly events: EventWriter;
  /** Closes all parts. The members of this process leave. */
  readonly close: () => Promise<void>;
}

/** The broker parts of a process that also consumes the events for webhooks. */
export interface ConsumerParts extends BrokerParts {
  readonly events: EventStore;
}

/**
 * Receives the events of a broker's links, for example a logger. Its lines never contain a secret.
 */
export interface LinkLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}
