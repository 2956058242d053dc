// What a short-lived program needs: index.ts also loads logs, metrics and YAML, which take 0.1 s.
export { ConfigError } from './config-error.js';
export { loadConfig, readEnvironment, withoutEmptyValues, type Environment } from './config.js';
export { omitUndefined } from './omit-undefined.js';
export { backoffMs, RECONNECT_BACKOFF } from './retry.js';
export { VERSION } from './version.js';
