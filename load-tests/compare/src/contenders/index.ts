import type { Contender } from '../contender.js';
import * as own from './newswire.js';
import * as peers from './peers.js';

/** All that can take part, in the order of the report. */
export const contenders: readonly Contender[] = [
  own.newswireMemory,
  own.newswireRedis,
  own.newswireDelegate,
  own.newswireNginx,
  own.newswireSeed,
  own.rawLimit,
  peers.wsLoop,
  peers.tornado,
  peers.socketIo,
  peers.socketIoRedis,
  peers.nats,
  peers.nchan,
  peers.mosquitto,
  peers.centrifugeMemory,
  peers.centrifugeRedis,
];
