import { describeEventContract, EVENT_GRACE_MS, EVENT_QUEUE_SIZE } from '@newswire/broker/contract';
import { EventTable } from '../src/index.js';

describeEventContract('memory', async () => {
  const table = new EventTable({
    webhookGraceMs: EVENT_GRACE_MS,
    webhookQueueSize: EVENT_QUEUE_SIZE,
  });
  return {
    edges: [table, table],
    queue: table,
    kill: { leaseMs: 0, run: async () => table.endEdge('one') },
    dispose: async () => undefined,
  };
});
