import type { BlockList, Broker, Presence } from '@newswire/broker';
import {
  type Access,
  NO_HOOKS,
  type RpcHandler,
  type SessionHooks,
} from '../../src/access/access.js';
import { type GetNamespaceOptions } from '../../src/access/channel-rules.js';
import { OPEN_NAMESPACE, openAccess } from './open-access.js';
import type { EdgeConfig } from '../../src/edge-config.js';
import type { EdgeClock, EdgeDependencies } from '../../src/edge-core.js';
import type { WebhookReports } from '../../src/session/webhook-reports.js';
import { NO_EVENTS, type EdgeEvents } from '../../src/edge-events.js';

/** A configuration for tests on a fake clock, with limits that they do not reach. */
export const TEST_CONFIG: EdgeConfig = {
  maxConnections: 1e9,
  maxConnectionsPerUser: 1e9,
  maxConnectionsPerAddress: 1e9,
  connectsPerSecond: 1e9,
  commandsPerSecond: 1e9,
  maxChannelsPerSession: 10,
  maxTagsFilters: 100,
  maxFrameBytes: 1_048_576,
  maxMessageBytes: 1_048_576,
  maxDataBytes: 1_048_576,
  maxBufferedBytes: 262_144,
  slowCheckBytes: 0,
  maxFlushBytes: 1_000_000,
  maxLagBytes: 1_000_000_000,
  maxLagMs: 60_000,
  ringSize: 1000,
  ringBytes: 1_048_576,
  ringIdleMs: 5000,
  maxIdleChannels: 20_000,
  checkIntervalMs: 10_000,
  subscribeTimeoutMs: 3000,
  pingIntervalMs: 25_000,
  pingTimeoutMs: 120_000,
  drainMs: 0,
  historyBytes: undefined,
  connectTimeoutMs: 15_000,
  expiryGraceMs: 25_000,
};

/** Dependencies that tests may replace. Default: open access, no presence and no rpc. */
export interface ReplaceableParts {
  readonly access?: Access | undefined;
  readonly getOptions?: GetNamespaceOptions | undefined;
  readonly presence?: Presence | undefined;
  readonly blockList?: BlockList | undefined;
  readonly rpc?: RpcHandler | undefined;
  readonly hooks?: SessionHooks | undefined;
  readonly webhooks?: WebhookReports | undefined;
}

/** The parts of an edge between a broker and sockets that the test provides. */
export function coreParts(
  broker: Broker,
  publish: (topic: string, text: string) => void,
  clock: Pick<EdgeClock, 'now' | 'retry'> & Partial<EdgeClock>,
  events: Partial<EdgeEvents>,
  parts: ReplaceableParts = {},
): EdgeDependencies {
  const getOptions = parts.getOptions ?? (() => OPEN_NAMESPACE);
  return {
    broker,
    presence: parts.presence,
    blockList: parts.blockList,
    publisher: { publish },
    access: parts.access ?? openAccess(getOptions),
    rpc: parts.rpc,
    hooks: parts.hooks ?? NO_HOOKS,
    webhooks: parts.webhooks,
    getOptions,
    events: parts.webhooks?.observe({ ...NO_EVENTS, ...events }) ?? { ...NO_EVENTS, ...events },
    clock: { wallNow: clock.now, defer: (act) => void setImmediate(act), ...clock },
    node: { uid: 'node', name: 'edge', version: '0' },
  };
}
