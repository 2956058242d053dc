import type { Broker } from './broker.js';
import type { Control } from './control.js';
import type { Presence } from './presence.js';

/** What a process needs of its broker. */
export interface BrokerParts {
  readonly broker: Broker;
  readonly control: Control;
  readonly presence: Presence;
  /** Closes them all; this process' members leave. */
  readonly close: () => Promise<void>;
}

/** Where a broker's links tell what happens to them; a logger is one. No secret gets there. */
export interface LinkLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}
