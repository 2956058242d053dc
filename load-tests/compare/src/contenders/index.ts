import type { Contender } from '../contender.js';
import { centrifugeMemory, centrifugeRedis } from './centrifuge.js';
import { mosquitto } from './mosquitto.js';
import { nats } from './nats.js';
import { nchan } from './nchan.js';
import {
  newswireDelegate,
  newswireMemory,
  newswireNginx,
  newswireRedis,
  newswireSeed,
} from './newswire.js';
import { rawLimit } from './raw.js';
import { socketIoContenders } from './socket-io.js';
import { tornadoContenders } from './tornado.js';
import { wsLoopContenders } from './ws-loop.js';

/** All that can take part, in the order of the report. */
export const contenders: readonly Contender[] = [
  newswireMemory,
  newswireRedis,
  newswireDelegate,
  newswireNginx,
  newswireSeed,
  rawLimit,
  ...wsLoopContenders,
  ...tornadoContenders,
  ...socketIoContenders,
  nats,
  nchan,
  mosquitto,
  centrifugeMemory,
  centrifugeRedis,
];
