import { checkChannelOrWildcard, isWildcard, ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';

/** Throws ProtocolError for a channel that there may not be. */
export type OptionsOf = (channel: string) => NamespaceOptions;

/** The options of a channel that there may be. Throws ProtocolError 102, 107, or 103 for a wildcard. */
export function existingChannel(channel: string, optionsOf: OptionsOf): NamespaceOptions {
  checkChannelOrWildcard(channel);
  const options = optionsOf(channel);
  if (isWildcard(channel) && !options.wildcard) {
    throw new ProtocolError('permissionDenied', 'this namespace has no wildcard');
  }
  return options;
}

/** The same for a channel that a client chose, whose name is also to be as its namespace wants it. */
export function chosenChannel(channel: string, optionsOf: OptionsOf): NamespaceOptions {
  const options = existingChannel(channel, optionsOf);
  if (!isWildcard(channel) && options.pattern?.test(channel) === false) {
    throw new ProtocolError('badRequest', "the channel's name is not as its namespace wants it");
  }
  return options;
}
