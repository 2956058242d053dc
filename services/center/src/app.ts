import { readHistory, type BlockList, type Broker, type Control } from '@newswire/broker';
import {
  counter,
  type Config,
  type Logger,
  NO_PUSHER_APPS,
  type PusherApps,
  type Registry,
} from '@newswire/runtime';
import type { Server } from '@newswire/transport';
import type { ApiParts } from './api/api-method.js';
import { createApi, apiRoutes } from './api/http-api.js';
import { pusherRoutes } from './pusher/pusher-api.js';

/** The settings of center, in addition to those of its process. */
export const CENTER_SETTINGS = ['bind', 'host', 'publishedAt', 'apiKey', 'maxDataBytes'] as const;

export interface CenterParts {
  readonly server: Server;
  readonly broker: Broker;
  readonly control: Control;
  readonly blockList: BlockList;
  readonly presence: ApiParts['presence'];
  readonly getOptions: ApiParts['getOptions'];
  /** The apps of Pusher's protocol. Default: none. */
  readonly apps?: PusherApps;
  readonly config: Config<(typeof CENTER_SETTINGS)[number]>;
  readonly logger: Logger;
  readonly registry: Registry;
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

const INDEX = `newswire: a self-hosted real-time messaging server for fan-out.

POST /api/publish   {"channel":"77707","data":"Hello"}   publishes
POST /api/channels  {}                                   channels and their subscribers
GET  /api/openapi.json                                   all methods
GET  /ws            WebSocket: send sub#77707|77708      subscribes
GET  /sse?channels=77707|77708                           the same for EventSource and curl
GET  /connection/websocket                               the same for Centrifuge's libraries
GET  /app/KEY                                            the same for Pusher's libraries
GET  /readyz                                             readiness
`;

/** Adds center's HTTP API to the server. */
export function createCenter(center: CenterParts): void {
  const { server, config, logger, registry, apps = NO_PUSHER_APPS, ...parts } = center;
  const metrics = centerMetrics(registry);
  const { apiKey, maxDataBytes } = config;
  const onError = (method: string, code: number) => metrics.errors.inc({ method, code });
  const api = apiRoutes({
    methods: createApi({ ...parts, readHistory, maxDataBytes, onItemError: onError }),
    apiKey,
    closedBecause: closedBecause(config),
    maxDataBytes,
    onResult: () => metrics.results.inc(),
    onError,
  });
  const index = { status: 200, headers: { 'Content-Type': 'text/plain' }, body: INDEX };
  const pusher = pusherRoutes({
    ...parts,
    apps,
    maxDataBytes,
    now: Date.now,
    onResult: () => metrics.results.inc(),
    onError,
  });
  server.route([...api, ...pusher, { method: 'GET', path: '/', handle: () => index }]);
  logAccess(config, logger);
}

function closedBecause(config: CenterParts['config']): string | undefined {
  const reachableAt = config.publishedAt ?? config.host ?? config.bind;
  if (config.apiKey !== undefined || LOOPBACK.test(reachableAt)) return undefined;
  return 'newswire can be reached from other machines: set NEWSWIRE_API_KEY to open /api/';
}

function logAccess(config: CenterParts['config'], logger: Logger): void {
  const closed = closedBecause(config);
  if (closed !== undefined) logger.warn(`/api/ is closed: ${closed}`);
  else if (config.apiKey !== undefined) logger.info('/api/ is open with the API key');
  else {
    logger.info('/api/ is open without a key, to this machine only: NEWSWIRE_API_KEY is not set');
  }
}

function centerMetrics(registry: Registry) {
  return {
    results: counter(
      registry,
      'newswire_center_api_results_total',
      'Requests of the server API that were answered with a result.',
    ),
    errors: counter(
      registry,
      'newswire_center_api_errors_total',
      'Requests of the server API that were answered with an error, by method and code.',
      ['method', 'code'],
    ),
  };
}
