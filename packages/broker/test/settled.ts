import type { BrokerRig } from './broker-contract.js';
import { Listener } from './listener.js';

/** Publishing on a second channel that is known to arrive proves that nothing else will. */
export async function settled({ publisher, subscriber }: BrokerRig): Promise<void> {
  const fence = new Listener();
  await subscriber.subscribe('fence', fence);
  await publisher.publish('fence', '0');
  await fence.count(1);
}
