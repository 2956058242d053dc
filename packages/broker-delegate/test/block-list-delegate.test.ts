import { describeBlockListContract } from '@newswire/broker/contract';
import { DelegateRig, untilUp } from './delegate-rig.js';

describeBlockListContract('delegate', async () => {
  const rig = new DelegateRig();
  const { center, edge } = await rig.linked();
  await untilUp(center);
  return { center: center.blockList, edge: edge.blockList, dispose: () => rig.dispose() };
});
