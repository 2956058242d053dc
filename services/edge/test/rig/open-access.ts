import { ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import { ANONYMOUS, PLAIN_GRANT, type Access } from '../../src/access/access.js';
import { resolveClientChannel, type GetNamespaceOptions } from '../../src/access/channel-rules.js';

/** A channel's options if nothing else is configured. */
export const OPEN_NAMESPACE: NamespaceOptions = {
  historySize: 1000,
  historyTtlMs: 600_000,
  recovery: true,
  cacheRecovery: false,
  presence: false,
  joinLeave: false,
  delta: false,
  allowTagsFilter: false,
  allowUserLimitedChannels: false,
  subscribe: 'everyone',
  subRefresh: 'token',
  publish: 'nobody',
  readHistory: 'nobody',
  readPresence: 'nobody',
  wildcard: false,
  events: new Set(),
  pattern: undefined,
};

/**
 * Access control without tokens and hooks: every client is anonymous, and may subscribe to channels
 * that are open to everyone.
 */
export function openAccess(getOptions: GetNamespaceOptions): Access {
  const noTokens = () =>
    Promise.reject(new ProtocolError('notAvailable', 'this server has no tokens'));
  return {
    connect: () => ANONYMOUS,
    refresh: noTokens,
    subscribe: ({ channel }) => {
      if (resolveClientChannel(channel, getOptions).subscribe === 'everyone') return PLAIN_GRANT;
      throw new ProtocolError('permissionDenied');
    },
    subRefresh: noTokens,
  };
}
