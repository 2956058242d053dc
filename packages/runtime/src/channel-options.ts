import { isUserLimited, ProtocolError } from '@newswire/protocol';
import { type ChannelEvent, readChannelsFile, type FileOptions } from './channels-file.js';
import type { Config } from './settings.js';

/** The settings that `loadChannelOptions` reads. */
export const CHANNEL_SETTINGS = ['channelsFile', 'historySize', 'historyTtlMs'] as const;

export interface ChannelLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/**
 * The clients that may do something: `users` are clients whose credentials name a user,
 * `subscribers` are subscribed to the channel.
 */
export type Who = 'everyone' | 'users' | 'subscribers' | 'nobody';

/**
 * The options of the channels of one namespace. A `history_size` of 0 in the file becomes a log of
 * one publication that clients cannot read: `recovery` is false and `readHistory` is `nobody`. (The
 * log still counts the offsets, by which an edge detects that it missed something.)
 */
export interface NamespaceOptions extends ChannelLimits {
  /**
   * Whether clients get positions and recover missed publications. Without recovery, the delivery
   * contract does not apply to them.
   */
  readonly recovery: boolean;
  /** Recovering clients get only the newest publication, and get it on every subscribe. */
  readonly cacheRecovery: boolean;
  /** Whether presence is recorded; `joinLeave`: whether its changes are pushed. */
  readonly presence: boolean;
  readonly joinLeave: boolean;
  /** Clients that ask for it get deltas (fossil) instead of whole publications. */
  readonly delta: boolean;
  /** Whether channels like `personal:#42` exist, which only user 42 may use. */
  readonly allowUserLimitedChannels: boolean;
  /** Clients may subscribe with a filter by tags. */
  readonly allowTagsFilter: boolean;
  /**
   * `token`: clients with a subscription token for the channel. `hook`: clients that the backend
   * allows.
   */
  readonly subscribe: 'everyone' | 'users' | 'token' | 'hook' | 'nobody';
  /**
   * How a subscription that expires is renewed. `token`: by its client. `hook`: by the backend.
   */
  readonly subRefresh: 'token' | 'hook';
  /** `hook`: clients that the backend allows. */
  readonly publish: Who | 'hook';
  readonly readHistory: Who;
  readonly readPresence: Who;
  /** Whether `sports:*` may be subscribed. It receives every channel of the namespace. */
  readonly wildcard: boolean;
  /** The events that are sent to the webhook. */
  readonly events: ReadonlySet<ChannelEvent>;
  /**
   * Matches a channel's whole name, although the file's pattern is for the part after the
   * namespace.
   */
  readonly pattern: RegExp | undefined;
}

/** The options of channels, by name. */
export interface ChannelOptions {
  /** Returns the same object for all channels of a namespace. */
  readonly getLimits: (channel: string) => ChannelLimits;
  /**
   * Returns that same object. Throws error 102 for a channel of a namespace that is not in the
   * file, if the file says that these are refused. Otherwise such a channel has the options of a
   * channel without a namespace. Throws error 107 for a user-limited channel if its options do not
   * allow these.
   */
  readonly getOptions: (channel: string) => NamespaceOptions;
  /** All options, by their place in the file: `default`, and `namespaces.sports`. */
  readonly sections: ReadonlyMap<string, NamespaceOptions>;
}

const DEFAULT_FILE = 'channels.json';

/**
 * Reads the channels file, which may be missing unless NEWSWIRE_CHANNELS_FILE names it. Throws
 * ConfigError with all its faults. An option that the file leaves out is as the settings say; by
 * default everyone may subscribe and nothing else.
 */
export function loadChannelOptions(
  config: Config<(typeof CHANNEL_SETTINGS)[number]>,
): ChannelOptions {
  const { channelsFile } = config;
  const file = readChannelsFile(channelsFile ?? DEFAULT_FILE, channelsFile === undefined);
  const fallback = namespaceOptions(file?.default ?? {}, '', config);
  const byNamespace = new Map<string, NamespaceOptions>();
  for (const [name, options] of Object.entries(file?.namespaces ?? {})) {
    byNamespace.set(name, namespaceOptions(options, `${name}:`, config));
  }
  const sections = new Map([['default', fallback]]);
  for (const [name, options] of byNamespace) sections.set(`namespaces.${name}`, options);
  const refusesUnknown = file?.unknown_namespaces === 'refuse';
  const find = (channel: string) => {
    const end = channel.indexOf(':');
    return end < 0 ? fallback : byNamespace.get(channel.slice(0, end));
  };
  return {
    sections,
    getLimits: (channel) => find(channel) ?? fallback,
    getOptions: (channel) => {
      const found = find(channel);
      if (found === undefined && refusesUnknown) {
        throw new ProtocolError('unknownChannel', 'unknown namespace');
      }
      const options = found ?? fallback;
      if (isUserLimited(channel) && !options.allowUserLimitedChannels) {
        const detail = 'channel names with # need the option allow_user_limited_channels';
        throw new ProtocolError('badRequest', detail);
      }
      return options;
    },
  };
}

function namespaceOptions(
  from: FileOptions,
  prefix: string,
  settings: ChannelLimits,
): NamespaceOptions {
  const keepsNothing = from.history_size === 0;
  return {
    historySize: keepsNothing ? 1 : (from.history_size ?? settings.historySize),
    historyTtlMs: from.history_ttl_ms ?? settings.historyTtlMs,
    recovery: from.recovery ?? !keepsNothing,
    cacheRecovery: from.cache_recovery ?? false,
    presence: from.presence ?? false,
    joinLeave: from.join_leave ?? false,
    delta: from.delta ?? false,
    allowUserLimitedChannels: from.allow_user_limited_channels ?? false,
    allowTagsFilter: from.allow_tags_filter ?? false,
    subscribe: from.subscribe ?? 'everyone',
    subRefresh: from.sub_refresh ?? 'token',
    publish: from.publish ?? 'nobody',
    readHistory: keepsNothing ? 'nobody' : (from.read_history ?? 'nobody'),
    readPresence: from.read_presence ?? 'nobody',
    wildcard: from.wildcard ?? false,
    events: new Set(from.events),
    pattern:
      from.pattern === undefined ? undefined : new RegExp(`^${escape(prefix)}(?:${from.pattern})$`),
  };
}

function escape(text: string): string {
  return text.replace(/[.+$/-]/g, '\\$&');
}
