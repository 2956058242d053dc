export { describeBlockListContract } from './block-list-contract.js';
export { CONTRACT_LIMITS, describeBrokerContract } from './broker-contract.js';
export type { Faults } from './change-contract.js';
export { describeControlContract } from './control-contract.js';
export {
  describeEventContract,
  EVENT_GRACE_MS,
  EVENT_QUEUE_SIZE,
  type EventRig,
} from './event-contract.js';
export { Listener } from './listener.js';
export { describePresenceContract } from './presence-contract.js';
export { nextTurn, Publishing } from './publishing.js';
export { TestLog } from './test-log.js';
export { Watcher } from './watcher.js';
