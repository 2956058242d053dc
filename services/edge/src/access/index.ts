export {
  AccessClosedError,
  HookRefusal,
  type Access,
  type ConnectRequest,
  type Credentials,
  type SubscribeAttempt,
  type SubscribeGrant,
} from './access.js';
export { accessMetrics, type AccessObserver } from './access-metrics.js';
export type { RpcHandler, RpcRequest } from './rpc.js';
export {
  ACCESS_SETTINGS,
  createAccess,
  type AccessConfig,
  type AccessParts,
} from './create-access.js';
export { hookHeaderNames } from './hooks.js';
export { addressKey } from './address-key.js';
export { ConnectionLimits, type ConnectionLimitsOptions, type Place } from './connection-limits.js';
export { RateLimits, type RateLimitsOptions } from './rate-limits.js';
