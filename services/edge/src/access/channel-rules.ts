import {
  checkChannelOrWildcard,
  isLimitedTo,
  isUserLimited,
  isWildcard,
  ProtocolError,
} from '@newswire/protocol';
import { ConfigError, type NamespaceOptions } from '@newswire/runtime';

/** Returns a channel's options. Throws ProtocolError for a channel that may not exist. */
export type GetNamespaceOptions = (channel: string) => NamespaceOptions;

/**
 * Returns the options of a channel that may exist. Throws ProtocolError: 102, 107, or 103 for a
 * wildcard that the namespace does not allow.
 */
export function resolveChannel(channel: string, getOptions: GetNamespaceOptions): NamespaceOptions {
  checkChannelOrWildcard(channel);
  const options = getOptions(channel);
  if (isWildcard(channel) && !options.wildcard) {
    throw new ProtocolError('permissionDenied', 'this namespace has no wildcard');
  }
  return options;
}

/**
 * Like `resolveChannel`, for a channel that a client named: the name must also match its
 * namespace's pattern.
 */
export function resolveClientChannel(
  channel: string,
  getOptions: GetNamespaceOptions,
): NamespaceOptions {
  const options = resolveChannel(channel, getOptions);
  if (!isWildcard(channel) && options.pattern?.test(channel) === false) {
    throw new ProtocolError(
      'badRequest',
      "the channel name does not match its namespace's pattern",
    );
  }
  return options;
}

/** Throws error 103 if a client's user may not use a user-limited channel. */
export function checkUserLimit(channel: string, user: string): void {
  if (!isUserLimited(channel) || isLimitedTo(channel, user)) return;
  throw new ProtocolError('permissionDenied', 'this channel is for other users');
}

type CheckedOptions = Pick<NamespaceOptions, 'subscribe' | 'subRefresh' | 'publish'>;

/** The configured parts that a namespace's options may need. */
export interface AccessMeans {
  readonly hasTokenKeys: boolean;
  readonly hasSubscribeHook: boolean;
  readonly hasSubRefreshHook: boolean;
  readonly hasPublishHook: boolean;
}

/**
 * Throws ConfigError for namespaces with an option that needs a part that is not configured.
 */
export function checkSections(
  sections: Iterable<readonly [where: string, options: CheckedOptions]>,
  means: AccessMeans,
): void {
  const faults: string[] = [];
  for (const [where, options] of sections) {
    const { subscribe, subRefresh, publish } = options;
    const check = (option: string, value: string, missing: string | undefined) => {
      if (missing === undefined) return;
      faults.push(`The channels file's ${where}.${option} is ${value}: it needs ${missing}.`);
    };
    check('subscribe', subscribe, missingFor(subscribe, means));
    if (!means.hasSubRefreshHook && subRefresh === 'hook') {
      check('sub_refresh', subRefresh, 'NEWSWIRE_SUB_REFRESH_HOOK_URL');
    }
    if (!means.hasPublishHook && publish === 'hook') {
      check('publish', publish, 'NEWSWIRE_PUBLISH_HOOK_URL');
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

function missingFor(
  subscribe: NamespaceOptions['subscribe'],
  { hasTokenKeys, hasSubscribeHook }: AccessMeans,
): string | undefined {
  if (subscribe === 'hook' && !hasSubscribeHook) return 'NEWSWIRE_SUBSCRIBE_HOOK_URL';
  if (subscribe !== 'token' || hasTokenKeys) return undefined;
  return 'a key for tokens, such as NEWSWIRE_TOKEN_HMAC_SECRET';
}
