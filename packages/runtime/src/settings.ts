import { z } from 'zod';

/**
 * One setting: its environment variable, what it may hold, and what it is for.
 * `expects` completes the sentence "NAME must be …".
 */
export interface Setting<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** As it would stand in the environment. Without one, an unset setting is undefined. */
  readonly fallback?: string;
  readonly expects: string;
  readonly doc: string;
  /** A secret's value is never shown, not even when it is wrong. */
  readonly secret?: true;
}

interface Words {
  readonly fallback: string | number;
  readonly doc: string;
  readonly secret?: true;
}

function setting<T>(name: string, schema: z.ZodType<T>, expects: string, words: Words): Setting<T> {
  return { name, schema, expects, ...words, fallback: String(words.fallback) };
}

function optional<T>(
  name: string,
  schema: z.ZodType<T>,
  expects: string,
  words: { readonly doc: string; readonly secret?: true },
): Setting<T | undefined> {
  return { name, schema, expects, ...words };
}

function integer(name: string, min: number, max: number, words: Words): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
  return setting(name, schema, `a whole number from ${min} to ${max}`, words);
}

function choice<const T extends string>(name: string, values: readonly T[], words: Words) {
  const expects = `one of ${values.join(', ')}`;
  return setting(name, z.enum(values) as unknown as z.ZodType<T>, expects, words);
}

const port = (name: string, words: Words) => integer(name, 0, 65535, words);
const address = z.union([z.ipv4(), z.ipv6(), z.literal('localhost')]);
const url = (protocol: RegExp) => z.url({ protocol });

/**
 * Every setting of every service. A service reads the ones it needs and knows the names of all,
 * so that one `.env` serves the whole stack and a misspelt name is found wherever it stands.
 */
export const SETTINGS = {
  bind: setting('NEWSWIRE_BIND', address, 'an IP address or localhost', {
    fallback: '127.0.0.1',
    doc: 'The address that newswire can be reached at. Anything but loopback also needs NEWSWIRE_API_KEY, or /api/ stays closed.',
  }),
  host: optional('NEWSWIRE_HOST', address, 'an IP address or localhost', {
    doc: 'The address a process listens on, where that differs from NEWSWIRE_BIND: 0.0.0.0 in a container. Default: NEWSWIRE_BIND.',
  }),
  publishedAt: optional('NEWSWIRE_PUBLISHED_AT', address, 'an IP address or localhost', {
    doc: "In a container: the host's address that its port is published at, which decides who can reach it. Default: NEWSWIRE_HOST.",
  }),
  port: port('NEWSWIRE_PORT', {
    fallback: 9900,
    doc: "The port that clients use: the embedded server's, or Nginx' in Compose. 0 picks a free one (embedded only).",
  }),
  edgePort: port('NEWSWIRE_EDGE_PORT', {
    fallback: 9901,
    doc: 'The port an edge listens on. 0 picks a free one.',
  }),
  centerPort: port('NEWSWIRE_CENTER_PORT', {
    fallback: 9921,
    doc: 'The port center listens on. 0 picks a free one.',
  }),
  url: optional('NEWSWIRE_URL', url(/^https?$/), 'a URL like http://127.0.0.1:9900', {
    doc: 'Where the command line finds newswire. Default: http://127.0.0.1 at NEWSWIRE_PORT.',
  }),
  redisUrl: setting('NEWSWIRE_REDIS_URL', url(/^rediss?$/), 'a URL like redis://127.0.0.1:6379', {
    fallback: 'redis://127.0.0.1:6379',
    secret: true,
    doc: 'Where edges and center find Redis. A password may stand in it; it never reaches a log.',
  }),
  apiKey: optional('NEWSWIRE_API_KEY', z.string().min(16), 'at least 16 characters long', {
    secret: true,
    doc: 'What publishers send as X-API-Key. Unset: /api/ is open, but only where nobody but this machine reaches it.',
  }),
  logLevel: choice('NEWSWIRE_LOG_LEVEL', ['debug', 'info', 'warn', 'error'], {
    fallback: 'info',
    doc: 'The least severe level that is logged.',
  }),
  logFormat: choice('NEWSWIRE_LOG_FORMAT', ['auto', 'json', 'text'], {
    fallback: 'auto',
    doc: 'How log lines look. auto: text on a terminal, otherwise JSON.',
  }),
  historySize: integer('NEWSWIRE_HISTORY_SIZE', 1, 100_000, {
    fallback: 1000,
    doc: "How many publications a channel's log keeps.",
  }),
  historyTtlMs: integer('NEWSWIRE_HISTORY_TTL_MS', 1000, 86_400_000, {
    fallback: 600_000,
    doc: "How long a channel's log keeps a publication, in ms.",
  }),
  historyBytes: integer('NEWSWIRE_HISTORY_BYTES', 65_536, 1_073_741_824, {
    fallback: 8_388_608,
    doc: "How much data a channel's log keeps in the embedded server, in bytes; the newest publication always stays.",
  }),
  maxDataBytes: integer('NEWSWIRE_MAX_DATA_BYTES', 1, 16_777_216, {
    fallback: 65_536,
    doc: "The largest publication, in bytes of its data's JSON text.",
  }),
  maxChannelsPerSession: integer('NEWSWIRE_MAX_CHANNELS_PER_SESSION', 1, 100_000, {
    fallback: 128,
    doc: 'How many channels one connection may listen to.',
  }),
  maxBufferedBytes: integer('NEWSWIRE_MAX_BUFFERED_BYTES', 4096, 1_073_741_824, {
    fallback: 4_194_304,
    doc: 'How many unsent bytes a connection may have before it counts as slow and is closed with 3008.',
  }),
  maxFlushBytes: integer('NEWSWIRE_MAX_FLUSH_BYTES', 4096, 1_073_741_824, {
    fallback: 262_144,
    doc: 'How many bytes a channel may hand to its subscribers in one tick; what is over waits for the next.',
  }),
  pingIntervalMs: integer('NEWSWIRE_PING_INTERVAL_MS', 100, 200_000, {
    fallback: 25_000,
    doc: 'How often an idle connection is pinged, in ms.',
  }),
  pingTimeoutMs: integer('NEWSWIRE_PING_TIMEOUT_MS', 100, 3_600_000, {
    fallback: 120_000,
    doc: 'How long a connection may stay silent after a ping before it counts as dead, in ms. Python clients answer pings only inside recv(), hence the long default.',
  }),
  publishTimeoutMs: integer('NEWSWIRE_PUBLISH_TIMEOUT_MS', 10, 60_000, {
    fallback: 2000,
    doc: 'How long a request waits for Redis before it is answered with error 100, in ms.',
  }),
  drainMs: integer('NEWSWIRE_DRAIN_MS', 0, 600_000, {
    fallback: 10_000,
    doc: "Over how long a stopping edge spreads its clients' reconnects, in ms. Keep it below the stop grace period.",
  }),
} as const satisfies Record<string, Setting<unknown>>;

/** What every service's process reads. */
export const PROCESS_SETTINGS = ['bind', 'host', 'logLevel', 'logFormat'] as const;

export type SettingKey = keyof typeof SETTINGS;

/** What a setting holds once read: undefined only where it has no default. */
export type Config<K extends SettingKey> = {
  readonly [P in K]: (typeof SETTINGS)[P] extends Setting<infer T> ? T : never;
};
