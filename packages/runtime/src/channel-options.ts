import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from './config.js';
import type { Config } from './settings.js';

/** The settings that `loadChannelOptions` reads. */
export const CHANNEL_SETTINGS = ['channelsFile', 'historySize', 'historyTtlMs'] as const;

export interface ChannelLimits {
  readonly historySize: number;
  readonly historyTtlMs: number;
}

/** What differs from channel to channel. */
export interface ChannelOptions {
  /** One and the same object for all channels of a namespace. */
  readonly limitsOf: (channel: string) => ChannelLimits;
}

const DEFAULT_FILE = 'channels.json';

/** A channel `sports:77707` is in the namespace `sports`; a name without a colon is in none. */
const NAMESPACE_NAME = /^[A-Za-z0-9_\-.@/+=~$&]{1,254}$/;

/** Plain publications to `news:*` are what the Redis inlet listens to. */
const INLET_NAMESPACE = 'news';

const File = z.strictObject({
  namespaces: z.record(
    z.string(),
    z.strictObject({
      history_size: integer(1, 100_000).optional(),
      history_ttl_ms: integer(1000, 86_400_000).optional(),
    }),
  ),
});

/**
 * Reads the channels file, which need not be there unless NEWSWIRE_CHANNELS_FILE names it. Throws
 * ConfigError with everything that is wrong with it. What it leaves out is as the settings say.
 */
export function loadChannelOptions(
  config: Config<(typeof CHANNEL_SETTINGS)[number]>,
): ChannelOptions {
  const { channelsFile, historySize, historyTtlMs } = config;
  const fallback: ChannelLimits = { historySize, historyTtlMs };
  const byNamespace = new Map<string, ChannelLimits>();
  for (const [name, options] of Object.entries(readNamespaces(channelsFile))) {
    byNamespace.set(name, {
      historySize: options.history_size ?? historySize,
      historyTtlMs: options.history_ttl_ms ?? historyTtlMs,
    });
  }
  return {
    limitsOf: (channel) => {
      const end = channel.indexOf(':');
      return end < 0 ? fallback : (byNamespace.get(channel.slice(0, end)) ?? fallback);
    },
  };
}

function readNamespaces(channelsFile: string | undefined): z.infer<typeof File>['namespaces'] {
  const file = channelsFile ?? DEFAULT_FILE;
  const text = read(file, channelsFile === undefined);
  if (text === undefined) return {};
  const result = File.safeParse(parse(file, text));
  if (!result.success)
    throw new ConfigError(result.error.issues.flatMap((i) => sentences(file, i)));
  const { namespaces } = result.data;
  const faults = Object.keys(namespaces).flatMap((name) => nameFaults(file, name));
  if (faults.length > 0) throw new ConfigError(faults);
  return namespaces;
}

function read(file: string, mayBeMissing: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError([`${file} cannot be read: ${(error as Error).message}.`]);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`${file} is not JSON: ${(error as Error).message}.`]);
  }
}

function nameFaults(file: string, name: string): string[] {
  if (name === INLET_NAMESPACE) {
    return [`${file}: the namespace ${name} belongs to the Redis inlet, take another name.`];
  }
  if (NAMESPACE_NAME.test(name)) return [];
  const expected = 'must be 1 to 254 letters, digits and _-.@/+=~$&';
  return [`${file}: a namespace's name ${expected}, not ${JSON.stringify(name)}.`];
}

function integer(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  const error = ({ input }: { readonly input?: unknown }) =>
    `must be ${expected}, not ${JSON.stringify(input)}`;
  return z
    .number({ error })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error });
}

function sentences(file: string, issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  const where = path === '' ? '' : `${path} `;
  if (issue.code === 'unrecognized_keys') {
    const within = path === '' ? '' : ` in ${path}`;
    return issue.keys.map((key) => `${file}: there is no field ${key}${within}.`);
  }
  if (issue.code === 'invalid_type' && issue.expected !== 'number') {
    return [`${file}: ${where || 'the whole '}must be an object.`];
  }
  return [`${file}: ${where}${issue.message}.`];
}
