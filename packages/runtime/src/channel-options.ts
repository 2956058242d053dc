import { ProtocolError } from '@newswire/protocol';
import { readChannelsFile, type FileOptions } from './channels-file.js';
import type { Config } from './settings.js';

/** The settings that `loadChannelOptions` reads. */
export const CHANNEL_SETTINGS = ['channelsFile', 'historySize', 'historyTtlMs'] as const;

export interface ChannelLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/** Who may do something: `users` are those whose credentials name one, `subscribers` are on the channel. */
export type Who = 'everyone' | 'users' | 'subscribers' | 'nobody';

/**
 * What the channels of one namespace are like. A `history_size` of 0 in the file stands here as a
 * log of one publication that is promised to nobody: `recovery` is false and `readHistory` nobody.
 * (The log still counts the offsets, by which an edge sees that it missed something.)
 */
export interface NamespaceOptions extends ChannelLimits {
  /** Whether clients get positions and what they missed. Without, the contract is off for them. */
  readonly recovery: boolean;
  /** Recovering clients get the newest publication only, and get it on every subscribe. */
  readonly cacheRecovery: boolean;
  /** Who is there is known; `joinLeave`: and told as it changes. */
  readonly presence: boolean;
  readonly joinLeave: boolean;
  /** Clients that ask for it get differences (fossil) instead of whole publications. */
  readonly delta: boolean;
  /** `token`: whoever has a subscription token for the channel. `hook`: whom the backend allows. */
  readonly subscribe: 'everyone' | 'users' | 'token' | 'hook' | 'nobody';
  readonly publish: Who;
  readonly readHistory: Who;
  readonly readPresence: Who;
  /** `sports:*` may be subscribed and hears every channel of the namespace. */
  readonly wildcard: boolean;
  /** For a channel's whole name, though the file's pattern is for what is behind the namespace. */
  readonly pattern: RegExp | undefined;
}

/** What differs from channel to channel. */
export interface ChannelOptions {
  /** One and the same object for all channels of a namespace. */
  readonly limitsOf: (channel: string) => ChannelLimits;
  /**
   * That same object. Throws error 102 for a channel of a namespace that is not in the file, where
   * the file says that these are refused; otherwise such a channel is like one without namespace.
   */
  readonly optionsOf: (channel: string) => NamespaceOptions;
  /** What there is, by where it stands in the file: `default`, and `namespaces.sports`. */
  readonly sections: ReadonlyMap<string, NamespaceOptions>;
}

const DEFAULT_FILE = 'channels.json';

/**
 * Reads the channels file, which need not be there unless NEWSWIRE_CHANNELS_FILE names it. Throws
 * ConfigError with everything that is wrong with it. What it leaves out is as the settings say, and
 * open to everyone for listening only.
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
    limitsOf: (channel) => find(channel) ?? fallback,
    optionsOf: (channel) => {
      const options = find(channel);
      if (options !== undefined) return options;
      if (refusesUnknown) throw new ProtocolError('unknownChannel', 'there is no such namespace');
      return fallback;
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
    subscribe: from.subscribe ?? 'everyone',
    publish: from.publish ?? 'nobody',
    readHistory: keepsNothing ? 'nobody' : (from.read_history ?? 'nobody'),
    readPresence: from.read_presence ?? 'nobody',
    wildcard: from.wildcard ?? false,
    pattern:
      from.pattern === undefined ? undefined : new RegExp(`^${escape(prefix)}(?:${from.pattern})$`),
  };
}

function escape(text: string): string {
  return text.replace(/[.+$/-]/g, '\\$&');
}
