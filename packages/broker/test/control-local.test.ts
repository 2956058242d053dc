import { describeControlContract } from '@newswire/broker/contract';
import { LocalControl } from '../src/index.js';

describeControlContract('local', async () => {
  const faults: unknown[] = [];
  const control = new LocalControl((error) => faults.push(error));
  return { center: control, edges: [control, control], faults, dispose: async () => undefined };
});
