import { describeEventContract, EVENT_GRACE_MS, EVENT_QUEUE_SIZE } from '@newswire/broker/contract';
import { Cable } from './cable.js';
import { DelegateRig, LEASE_MS, untilUp } from './delegate-rig.js';

describeEventContract('delegate', async () => {
  const rig = new DelegateRig();
  const [one, two] = [await rig.edge(), await rig.edge()];
  const cable = await Cable.to(one.port);
  const center = rig.center([cable.port, two.port], {
    webhookGraceMs: EVENT_GRACE_MS,
    webhookQueueSize: EVENT_QUEUE_SIZE,
  });
  await untilUp(center, one, two);
  return {
    edges: [one.events, two.events],
    queue: center.events,
    kill: { leaseMs: LEASE_MS, run: async () => cable.cut({ isOpen: false }) },
    dispose: async () => {
      await rig.dispose();
      cable.close();
    },
  };
});
