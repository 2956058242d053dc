import { describePresenceContract } from '@newswire/broker/contract';
import { MemoryPresence } from '../src/index.js';

describePresenceContract('memory', async () => {
  const presence = new MemoryPresence();
  return { edges: [presence, presence], reader: presence, dispose: () => presence.close() };
});
