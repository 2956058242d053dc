import { describeBrokerContract } from '@newswire/broker/contract';
import { DelegateRig, untilUp } from './delegate-rig.js';

describeBrokerContract('delegate', async () => {
  const rig = new DelegateRig();
  const { center, edge } = await rig.linked();
  await untilUp(center);
  return { publisher: center.broker, subscriber: edge.broker, dispose: () => rig.dispose() };
});

describeBrokerContract('delegate, publishing at another edge', async () => {
  const rig = new DelegateRig();
  const { center, edges } = await rig.linked(2);
  await untilUp(center);
  const [publishing, listening] = edges;
  if (publishing === undefined || listening === undefined) throw new Error('two edges');
  return {
    publisher: publishing.broker,
    subscriber: listening.broker,
    dispose: () => rig.dispose(),
  };
});
