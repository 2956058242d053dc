import { isWildcard } from '@newswire/protocol';
import type { NamespaceOptions, Who } from '../channel-options.js';
import type { PusherApps } from './pusher-app.js';

/**
 * The options of channels for clients of the other protocols. An app's private and presence channels
 * are open to those with a subscription token, or that the subscribe hook allows; and so is a wildcard
 * that includes such channels. Without apps, this is `getOptions` itself.
 */
export function restrictChannels(
  getOptions: (channel: string) => NamespaceOptions,
  { all }: PusherApps,
): (channel: string) => NamespaceOptions {
  if (all.length === 0) return getOptions;
  const restricted = new WeakMap<NamespaceOptions, NamespaceOptions>();
  const isRestricted = (channel: string) =>
    isWildcard(channel)
      ? all.some(({ options }) => options.channelPrefix.startsWith(channel.slice(0, -1)))
      : all.some((app) => app.isRestricted(channel));
  return (channel) => {
    const options = getOptions(channel);
    if (!isRestricted(channel)) return options;
    const known = restricted.get(options) ?? restrict(options);
    restricted.set(options, known);
    return known;
  };
}

function restrict(options: NamespaceOptions): NamespaceOptions {
  const { subscribe } = options;
  return {
    ...options,
    subscribe: subscribe === 'everyone' || subscribe === 'users' ? 'token' : subscribe,
    publish: restrictTo(options.publish),
    readHistory: restrictTo(options.readHistory),
    readPresence: restrictTo(options.readPresence),
  };
}

/** A publish hook decides for itself, because it receives the channel and the user. */
function restrictTo<Option extends Who | 'hook'>(who: Option): Option | 'subscribers' {
  return who === 'nobody' || who === 'hook' ? who : 'subscribers';
}
