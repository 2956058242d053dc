import { ConfigError, type NamespaceOptions } from '@newswire/runtime';

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
    faults.push(`The channels file's ${where}.subscribe is ${subscribe}, which needs ${missing}.`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

function missingFor(
  subscribe: NamespaceOptions['subscribe'],
  { hasTokenKeys, hasSubscribeHook }: AccessMeans,
): string | undefined {
  if (subscribe === 'hook' && !hasSubscribeHook) return 'NEWSWIRE_SUBSCRIBE_HOOK_URL';
  if (subscribe !== 'token' || hasTokenKeys) return undefined;
  return 'a key for tokens, NEWSWIRE_TOKEN_HMAC_SECRET for one';
}
