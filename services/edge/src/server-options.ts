import type { Config } from '@newswire/runtime';
import { HOOK_SETTINGS, hookHeaderNames } from './access/hooks.js';
import { addressList, allowedOrigins, type ServerOptions } from '@newswire/transport';

/** The settings of a server that clients connect to. */
export const SERVER_SETTINGS = ['allowedOrigins', 'trustedProxies', ...HOOK_SETTINGS] as const;

export function serverOptions(config: Config<(typeof SERVER_SETTINGS)[number]>): ServerOptions {
  return {
    isAllowedOrigin: allowedOrigins(config.allowedOrigins),
    trustedProxies: addressList(config.trustedProxies),
    keptHeaders: hookHeaderNames(config),
  };
}
