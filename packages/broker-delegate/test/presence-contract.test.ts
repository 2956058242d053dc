import { describePresenceContract } from '@newswire/broker/contract';
import { Cable } from './cable.js';
import { DelegateRig, untilUp } from './delegate-rig.js';

describePresenceContract('delegate', async () => {
  const rig = new DelegateRig();
  const [one, two] = [await rig.edge(), await rig.edge()];
  const cable = await Cable.to(one.port);
  const center = rig.center([cable.port, two.port]);
  await untilUp(center, one, two);
  return {
    edges: [one.presence, two.presence],
    reader: center.presence,
    kill: async () => cable.cut({ isOpen: false }),
    dispose: async () => {
      await rig.dispose();
      cable.close();
    },
  };
});
