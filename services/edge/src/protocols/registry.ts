import { centrifuge } from './centrifuge/endpoints.js';
import { centrifugeProtobuf } from './centrifuge-protobuf/endpoints.js';
import { centrifugeUni } from './centrifuge-uni/endpoints.js';
import { plainSse } from './plain-sse/streams.js';
import { pusher } from './pusher/endpoints.js';
import { seed } from './seed/codec.js';
import type { ProtocolModule } from './protocol-module.js';

/** The protocols that an edge serves: one line for each. */
export const PROTOCOLS: readonly ProtocolModule[] = [
  centrifuge,
  centrifugeProtobuf,
  centrifugeUni,
  plainSse,
  pusher,
  seed,
];
