import { ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import type { Access, Credentials, SubscribeGrant } from './access.js';
import { chosenChannel, type OptionsOf } from './channel-rules.js';

/** The credentials of an anonymous client. */
export const ANONYMOUS: Credentials = { user: '', subs: {} };

/** Allows a subscription on its namespace's terms. */
export const PLAIN_GRANT: SubscribeGrant = {};

/** A channel's options if nothing else is configured. */
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

/**
 * Access control without tokens and hooks: every client is anonymous, and may subscribe to channels
 * that are open to everyone.
 */
export function openAccess(getOptions: OptionsOf): Access {
  const noTokens = () => Promise.reject(new ProtocolError('notAvailable', 'there are no tokens'));
  return {
    connect: () => ANONYMOUS,
    refresh: noTokens,
    subscribe: ({ channel }) => {
      if (chosenChannel(channel, getOptions).subscribe === 'everyone') return PLAIN_GRANT;
      throw new ProtocolError('permissionDenied');
    },
    subRefresh: noTokens,
  };
}
