export {
  checkChannelName,
  checkChannelOrWildcard,
  isLimitedTo,
  isUserLimited,
  isWildcard,
  findWildcard,
} from './channel-name.js';
export { CLOSES, MAX_CLOSE_REASON_BYTES, type CloseKind } from './close-codes.js';
export {
  BASE64_MARK,
  getDataBytes,
  hasBase64Data,
  readJsonBytes,
  toBase64Line,
} from './data-bytes.js';
export { ERRORS, findStatus, ProtocolError, type ErrorBody, type ErrorKind } from './errors.js';
export {
  getSourceChannel,
  toInfoLine,
  toJsonLine,
  toPlainText,
  type ClientInfo,
  type JsonLine,
  type Position,
  type Publication,
} from './publication.js';
export { rawElements } from './raw-elements.js';
export { rawMember, rawMembers, toOneLine } from './raw-member.js';
export { isRecord, recordSchema } from './record.js';
export { describeIssue } from './shape-fault.js';
export { parseTagsFilter, TAGS_FILTER_LIMITS, type TagsFilter } from './tags-filter.js';
export { UNSUBSCRIBES, type UnsubscribeKind } from './unsubscribe-codes.js';
export { type Codec, type Frame } from './codec.js';
export {
  FROM_NOW,
  type Command,
  type ConnectCommand,
  type HistoryCommand,
  type Since,
  type SubscribeRequest,
} from './commands.js';
export { fossilByteDifference, fossilDifference } from './fossil-difference.js';
export { countFrameBytes, isOver, joinBytes, joinText, toBytes } from './join-frames.js';
export type {
  CloseReason,
  CloseStrategy,
  ConnectStrategy,
  GapStrategy,
  MembersStrategy,
  MembersView,
  Protocol,
  ProtocolChoice,
  RefusalStrategy,
  Report,
} from './protocol.js';
export type { MembersNotice, Reply, SubscriptionStart } from './replies.js';
export {
  closesAfterRefusals,
  closesAtGap,
  connectsByCommand,
  connectsByFirstCommand,
  reconnectsAfterGap,
  repliesToEach,
  resubscribesAfterGap,
} from './strategies.js';
