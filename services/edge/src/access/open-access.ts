import { ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import type { Access, Credentials, SubscribeGrant } from './access.js';
import { chosenChannel, type OptionsOf } from './channel-rules.js';

/** A client of whom nothing is known. */
export const ANONYMOUS: Credentials = { user: '', subs: {} };

/** A subscription that is allowed, and as its namespace says. */
export const PLAIN_GRANT: SubscribeGrant = {};

/** A channel's options where nothing else is said. */
export const OPEN_NAMESPACE: NamespaceOptions = {
  historySize: 1000,
  historyTtlMs: 600_000,
  recovery: true,
  cacheRecovery: false,
  presence: false,
  joinLeave: false,
  delta: false,
  subscribe: 'everyone',
  publish: 'nobody',
  readHistory: 'nobody',
  readPresence: 'nobody',
  wildcard: false,
  pattern: undefined,
};

/** Without tokens and hooks: nobody is known, and whoever needs not be known may subscribe. */
export function openAccess(optionsOf: OptionsOf): Access {
  const noTokens = () => Promise.reject(new ProtocolError('notAvailable', 'there are no tokens'));
  return {
    connect: () => ANONYMOUS,
    refresh: noTokens,
    subscribe: ({ channel }) => {
      if (chosenChannel(channel, optionsOf).subscribe === 'everyone') return PLAIN_GRANT;
      throw new ProtocolError('permissionDenied');
    },
    subRefresh: noTokens,
  };
}
