import { MemoryBlockList } from './block-list.js';
import type { ConsumerParts } from './broker-parts.js';
import { MemoryBroker, type MemoryBrokerOptions } from './broker-memory.js';
import { LocalControl } from './control-local.js';
import { EventTable } from './events/event-table.js';
import type { EventStoreOptions } from './events/events.js';
import { MemoryPresence } from './presence-memory.js';
import { PresenceTable } from './presence-table.js';

export interface MemoryOptions extends MemoryBrokerOptions, EventStoreOptions {
  /** Called with each error that a listener threw. */
  readonly onListenerFault?: (error: unknown) => void;
}

/** Everything is in this process: edges and center share these parts. */
export function openMemory(options: MemoryOptions): ConsumerParts {
  const { onListenerFault = () => undefined, webhookGraceMs, webhookQueueSize } = options;
  const broker = new MemoryBroker(options);
  const presence = new MemoryPresence(new PresenceTable(onListenerFault));
  const close = async () => {
    await presence.close();
    await broker.close();
  };
  const control = new LocalControl(onListenerFault);
  const events = new EventTable({ webhookGraceMs, webhookQueueSize });
  return { broker, control, presence, blockList: new MemoryBlockList(), events, close };
}
