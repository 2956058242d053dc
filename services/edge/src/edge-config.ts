import { ConfigError, SETTINGS, type Config } from '@newswire/runtime';
import { MAX_TOKEN_BYTES } from './access/token-verifier.js';

/**
 * The configuration of an edge: times in ms, sizes in bytes. All members without a
 * default here are settings of the same name, whose defaults
 * `docs/configuration.md` lists.
 */
export interface EdgeConfig {
  /** Connections of this edge: in all, per user with a name, and per client address. */
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  readonly maxConnectionsPerAddress: number;
  /** New connections of one address, per second. A burst may have as many. */
  readonly connectsPerSecond: number;
  /** Commands of one connection, per second. A burst may have ten times as many. */
  readonly commandsPerSecond: number;
  readonly maxChannelsPerSession: number;
  /** Different filters by tags of one channel. */
  readonly maxTagsFilters: number;
  /** The longest frame from a client. Frames to a client: `maxMessageBytes`. */
  readonly maxFrameBytes: number;
  /** The longest frame to a client. */
  readonly maxMessageBytes: number;
  /** The largest publication: UTF-8 bytes of its data. */
  readonly maxDataBytes: number;
  /** A session with more unsent bytes is taken off the live flow and served by catch-up. */
  readonly maxBufferedBytes: number;
  /**
   * After this many bytes of data, over all channels, the unsent bytes of a channel's sessions are
   * checked again. They can have grown by no more than that in between.
   * Default: a sixteenth of `maxBufferedBytes`.
   */
  readonly slowCheckBytes: number;
  /** How much data of one channel is sent per tick. */
  readonly maxFlushBytes: number;
  /** A session that lags by more data, or for longer, is closed with 3008. */
  readonly maxLagBytes: number;
  readonly maxLagMs: number;
  /** How many recent publications of a channel an edge keeps, and how many bytes of their data. */
  readonly ringSize: number;
  readonly ringBytes: number;
  /** For how long a channel without subscriptions is still followed. */
  readonly ringIdleMs: number;
  /**
   * The most channels without subscriptions: beyond it, the edge leaves those idle longest earlier.
   * Default: 20,000.
   */
  readonly maxIdleChannels: number;
  /** How often the position of a quiet channel is compared with the broker's. */
  readonly checkIntervalMs: number;
  /** A subscription that cannot begin within this time is refused with error 100. */
  readonly subscribeTimeoutMs: number;
  /** How often a connection is pinged, and how long it may then stay silent. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** How long a stopping edge takes to close its connections. */
  readonly drainMs: number;
  /**
   * The limit of data in the broker's log of a channel. Default: undefined, which means none.
   */
  readonly historyBytes: number | undefined;
  /** How long a client may take until it is authenticated. Default: 15 s. */
  readonly connectTimeoutMs: number;
  /** How late a client may be with a refresh. Default: 25 s. */
  readonly expiryGraceMs: number;
}

/** The settings that an edge reads, besides those of its process. */
export const EDGE_SETTINGS = [
  'maxConnections',
  'maxConnectionsPerUser',
  'maxConnectionsPerAddress',
  'connectsPerSecond',
  'commandsPerSecond',
  'maxChannelsPerSession',
  'maxTagsFilters',
  'maxFrameBytes',
  'maxMessageBytes',
  'maxDataBytes',
  'maxBufferedBytes',
  'maxFlushBytes',
  'maxLagBytes',
  'maxLagMs',
  'ringSize',
  'ringBytes',
  'ringIdleMs',
  'checkIntervalMs',
  'subscribeTimeoutMs',
  'pingIntervalMs',
  'pingTimeoutMs',
  'drainMs',
] as const satisfies readonly (keyof EdgeConfig)[];

/** Share of `maxBufferedBytes`. */
const SLOW_CHECK_SHARE = 1 / 16;

/** Members of an edge's configuration that are not settings of every edge. */
export interface EdgeConfigExtras {
  /** Default: undefined. */
  readonly historyBytes?: number | undefined;
  readonly connectTimeoutMs?: number;
  readonly expiryGraceMs?: number;
}

/**
 * Completes the settings to the configuration of an edge. Throws ConfigError if the message limits
 * contradict other settings.
 */
export function createEdgeConfig(
  settings: Config<(typeof EDGE_SETTINGS)[number]>,
  extras: EdgeConfigExtras = {},
): EdgeConfig {
  return {
    ...settings,
    slowCheckBytes: settings.maxBufferedBytes * SLOW_CHECK_SHARE,
    maxFrameBytes: computeMaxFrameBytes(settings),
    maxIdleChannels: 20_000,
    historyBytes: extras.historyBytes,
    connectTimeoutMs: extras.connectTimeoutMs ?? 15_000,
    expiryGraceMs: extras.expiryGraceMs ?? 25_000,
  };
}

/**
 * Bytes of a subscribe command without its token and data: the longest channel name, a position,
 * options.
 */
const SUBSCRIBE_BYTES = 512;

/**
 * The highest default. A longer first message requires NEWSWIRE_MAX_FRAME_BYTES, unless it contains
 * no tokens.
 */
const MAX_DEFAULT_FRAME_BYTES = 16_777_216;

/** Bytes of a publication's message besides its data: channel, tags, position. */
const PUBLICATION_BYTES = 8192;

type MessageLimits = Config<
  'maxFrameBytes' | 'maxMessageBytes' | 'maxDataBytes' | 'maxChannelsPerSession'
>;

/**
 * The longest message that a client may send, in bytes. The default has room for a client's first
 * message: `connect` with all its subscriptions, each with a token. Throws ConfigError if a limit
 * is too low for the other settings.
 */
export function computeMaxFrameBytes(limits: MessageLimits): number {
  const faults = [frameFault(limits), messageFault(limits)].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new ConfigError(faults);
  const { maxFrameBytes, maxChannelsPerSession, maxDataBytes } = limits;
  if (maxFrameBytes !== undefined) return maxFrameBytes;
  const withTokens =
    (maxChannelsPerSession + 1) * (SUBSCRIBE_BYTES + MAX_TOKEN_BYTES) + maxDataBytes;
  return Math.max(Math.min(withTokens, MAX_DEFAULT_FRAME_BYTES), leastFrameBytes(limits));
}

function leastFrameBytes({ maxChannelsPerSession, maxDataBytes }: MessageLimits): number {
  return (maxChannelsPerSession + 1) * SUBSCRIBE_BYTES + maxDataBytes;
}

function frameFault(limits: MessageLimits): string | undefined {
  const least = leastFrameBytes(limits);
  if (limits.maxFrameBytes === undefined || limits.maxFrameBytes >= least) return undefined;
  return (
    `${SETTINGS.maxFrameBytes.name} must be at least ${least}: ` +
    `a client subscribes to up to ${limits.maxChannelsPerSession} channels ` +
    `(${SETTINGS.maxChannelsPerSession.name}) in its first message.`
  );
}

function messageFault({ maxMessageBytes, maxDataBytes }: MessageLimits): string | undefined {
  const least = 2 * maxDataBytes + PUBLICATION_BYTES;
  if (maxMessageBytes >= least) return undefined;
  return (
    `${SETTINGS.maxMessageBytes.name} must be at least ${least}: ` +
    `a publication of ${maxDataBytes} bytes (${SETTINGS.maxDataBytes.name}) has to fit into a message, ` +
    `as a JSON string if it is sent as a delta.`
  );
}
