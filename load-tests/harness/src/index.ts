export {
  BUSY_SHARE,
  buildGenerator,
  load,
  type GeneratorArgs,
  type IdleResult,
  type LoadResult,
  STRANGE_SHARE,
} from './generator.js';
export { pinned } from './pinned.js';
export {
  missing,
  OTHER_CORE,
  peerPath,
  SERVER_CORE,
  start,
  startAll,
  stopAll,
  type Program,
  type Running,
} from './programs.js';
export {
  alone,
  centrifuge,
  cluster,
  centrifugeInMemory,
  centrifugeProgram,
  edgeOverRedis,
  embedded,
  nats,
  onOneCore,
  raw,
  service,
  standalone,
  type Measured,
} from './servers.js';
export { spreadOf, sumOf, type Spread } from './statistics.js';
export { nodeProgram, redisOn, systemOf, type StartSystem, type System } from './system.js';
