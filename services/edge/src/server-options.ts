import { type Config, counter, type Registry } from '@newswire/runtime';
import { addressList, allowedOrigins, type ServerOptions } from '@newswire/transport';
import { HOOK_SETTINGS, hookHeaderNames } from './access/hooks.js';

/** The settings of a server for clients. */
export const SERVER_SETTINGS = ['allowedOrigins', 'trustedProxies', ...HOOK_SETTINGS] as const;

/** `registry` receives the counter of refused web pages. */
export function buildServerOptions(
  config: Config<(typeof SERVER_SETTINGS)[number]>,
  registry: Registry,
): ServerOptions {
  const originPolicy = allowedOrigins(config.allowedOrigins);
  const refused = counter(
    registry,
    'newswire_edge_origins_refused_total',
    'Refused requests of web pages whose origin is not allowed.',
  );
  return {
    originPolicy: (origin, host) => {
      const access = originPolicy(origin, host);
      if (access === 'refused') refused.inc();
      return access;
    },
    trustedProxies: addressList(config.trustedProxies),
    keptHeaders: hookHeaderNames(config),
  };
}
