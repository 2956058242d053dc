import type { BrokerRig } from './broker-rig.js';
import { Listener } from './listener.js';

/** A publication that arrives on a second channel proves that nothing else is still to arrive. */
export async function settled({ publisher, subscriber }: BrokerRig): Promise<void> {
  const fence = new Listener();
  await subscriber.subscribe('fence', fence);
  await publisher.publish('fence', '0');
  await fence.count(1);
}
