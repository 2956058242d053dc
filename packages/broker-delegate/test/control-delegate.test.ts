import { describeControlContract } from '@newswire/broker/contract';
import { DelegateRig, untilUp } from './delegate-rig.js';

describeControlContract('delegate', async () => {
  const rig = new DelegateRig();
  const faults: unknown[] = [];
  const onListenerFault = (error: unknown) => faults.push(error);
  const edges = [await rig.edge({ onListenerFault }), await rig.edge({ onListenerFault })] as const;
  const center = rig.center(edges.map(({ port }) => port));
  await untilUp(center, ...edges);
  const [one, two] = edges;
  return {
    center: center.control,
    edges: [one.control, two.control],
    faults,
    dispose: () => rig.dispose(),
  };
});
