import type { Broker } from '@newswire/broker';

/** The broker under test. All its channels have CONTRACT_LIMITS. */
export interface BrokerRig {
  /** The publisher's broker. */
  readonly publisher: Broker;
  /** The edge's broker: the same one, or one that stands for another process. */
  readonly subscriber: Broker;
  dispose(): Promise<void>;
}
