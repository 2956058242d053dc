import { checkChannelOrWildcard, isWildcard, ProtocolError } from '@newswire/protocol';
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

/** The configured parts that a namespace's `subscribe` option may need. */
export interface AccessMeans {
  readonly hasTokenKeys: boolean;
  readonly hasSubscribeHook: boolean;
}

/**
 * Throws ConfigError for namespaces whose `subscribe` option needs a part that is not configured.
 */
export function checkSections(
  sections: Iterable<readonly [where: string, options: Pick<NamespaceOptions, 'subscribe'>]>,
  means: AccessMeans,
): void {
  const faults: string[] = [];
  for (const [where, { subscribe }] of sections) {
    const missing = missingFor(subscribe, means);
    if (missing === undefined) continue;
    faults.push(`The channels file's ${where}.subscribe is ${subscribe}: it needs ${missing}.`);
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
