export { checkChannelName } from './channel-name.js';
export { CLOSES, type CloseKind } from './close-codes.js';
export { ERRORS, ProtocolError, type ErrorBody, type ErrorKind } from './errors.js';
export { toJsonLine, type JsonLine, type Position, type Publication } from './publication.js';
export {
  FROM_NOW,
  type Command,
  type Reply,
  type Since,
  type SubscribeRequest,
  type Wire,
} from './wire.js';
export { centrifugeWire } from './wire-centrifuge.js';
export { seedWire } from './wire-seed.js';
