// The contracts.
export type { BrokerParts, ConsumerParts, LinkLog } from './broker-parts.js';
export type { BlockedUntil, BlockList } from './block-list.js';
export { MAX_BLOCKED_USERS } from './block-list.js';
export type {
  Broker,
  BrokerFault,
  BrokerHandler,
  Generation,
  HistoryLimits,
  HistoryPage,
  LimitsOf,
  PublicationVersion,
  PublishOptions,
} from './broker.js';
export { IDEMPOTENCY_TTL_MS, MAX_PAGE_BYTES, offsetTtlMs } from './broker.js';
export type {
  Control,
  ControlHandler,
  ControlReply,
  ControlRequest,
  NodeInfo,
  SessionFilter,
} from './control.js';
export type {
  EventBatch,
  EventBatchAnswer,
  EventOperation,
  EventPage,
  EventQueue,
  EventStore,
  EventStoreOptions,
  EventWriter,
  QueuedEvent,
} from './events/events.js';
export type { Member, Presence, PresenceHandler, PresenceStats } from './presence.js';
export { readHistory, type History, type HistoryQuery } from './read-history.js';

// The implementations in memory.
export { MemoryBlockList } from './block-list.js';
export { MemoryBroker, type MemoryBrokerOptions } from './broker-memory.js';
export { LocalControl } from './control-local.js';
export { openMemory, type MemoryOptions } from './memory-parts.js';
export { EventTable } from './events/event-table.js';
export { MemoryPresence } from './presence-memory.js';
export { PresenceTable } from './presence-table.js';

// What other implementations share.
export { parseBlockedText, toBlockedText, tooManyBlocked } from './block-list.js';
export {
  answerText,
  checkUid,
  isUid,
  missingReplies,
  noSuchEdge,
  parseAnswer,
  toReplyText,
  toRequestText,
} from './control-text.js';
export { newEpoch } from './broker.js';
export { EVENT_DEFAULTS, toOccupancyText } from './events/events.js';
export { EventReporter, type EventReporterOptions } from './events/event-reporter.js';
export { errorText, parseError } from './control-text.js';
export { FaultLog } from './fault-log.js';
export { encodeSign, fromMemberText, notifyChange, toMemberText } from './presence.js';
export { fromPublicationText, toPublicationText } from './publication-text.js';
export { NO_PAGE, WildcardFlow } from './wildcard-flow.js';
