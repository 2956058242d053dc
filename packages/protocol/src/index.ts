export {
  checkChannelName,
  checkChannelOrWildcard,
  isWildcard,
  findWildcard,
} from './channel-name.js';
export { CLOSES, type CloseKind } from './close-codes.js';
export { ERRORS, ProtocolError, type ErrorBody, type ErrorKind } from './errors.js';
export {
  toInfoLine,
  toJsonLine,
  type ClientInfo,
  type JsonLine,
  type Position,
  type Publication,
} from './publication.js';
export { rawElements } from './raw-elements.js';
export { rawMember, rawMembers, toOneLine } from './raw-member.js';
export { isRecord, recordSchema } from './record.js';
export { describeIssue } from './shape-fault.js';
export { UNSUBSCRIBES, type UnsubscribeKind } from './unsubscribe-codes.js';
export {
  FROM_NOW,
  type Command,
  type ConnectCommand,
  type HistoryCommand,
  type Reply,
  type Since,
  type SubscribeRequest,
  type SubscriptionStart,
  type Wire,
} from './wire.js';
export { centrifugeWire } from './wire-centrifuge.js';
export {
  plainSseChannels,
  plainSseRequest,
  plainSseWire,
  readBlocks,
  readEventId,
  toEventId,
  type PlainSseBlock,
  type PlainSseRequest,
} from './wire-plain-sse.js';
export { seedWire } from './wire-seed.js';
