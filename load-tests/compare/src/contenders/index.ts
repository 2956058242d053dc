import type { Contender } from '../contender.js';
import { centrifugeMemory, centrifugeRedis, nats } from './centrifuge.js';
import {
  newswireDelegate,
  newswireMemory,
  newswireNginx,
  newswireRedis,
  newswireSeed,
  rawLimit,
} from './newswire.js';
import { socketIo, socketIoRedis, tornado, wsLoop } from './scripts.js';
import { mosquitto, nchan } from './unpacked.js';

/** All that can take part, in the order of the report. */
export const contenders: readonly Contender[] = [
  newswireMemory,
  newswireRedis,
  newswireDelegate,
  newswireNginx,
  newswireSeed,
  rawLimit,
  wsLoop,
  tornado,
  socketIo,
  socketIoRedis,
  nats,
  nchan,
  mosquitto,
  centrifugeMemory,
  centrifugeRedis,
];
