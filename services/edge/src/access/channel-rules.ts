import { checkChannelOrWildcard, isWildcard, ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';

/** Returns a channel's options. Throws ProtocolError for a channel that may not exist. */
export type OptionsOf = (channel: string) => NamespaceOptions;

/**
 * Returns the options of a channel that may exist. Throws ProtocolError: 102, 107, or 103 for a
 * wildcard that the namespace does not allow.
 */
export function existingChannel(channel: string, getOptions: OptionsOf): NamespaceOptions {
  checkChannelOrWildcard(channel);
  const options = getOptions(channel);
  if (isWildcard(channel) && !options.wildcard) {
    throw new ProtocolError('permissionDenied', 'this namespace has no wildcard');
  }
  return options;
}

/**
 * Like `existingChannel`, for a channel that a client named: the name must also match its
 * namespace's pattern.
 */
export function chosenChannel(channel: string, getOptions: OptionsOf): NamespaceOptions {
  const options = existingChannel(channel, getOptions);
  if (!isWildcard(channel) && options.pattern?.test(channel) === false) {
    throw new ProtocolError('badRequest', "the channel's name is not as its namespace wants it");
  }
  return options;
}
