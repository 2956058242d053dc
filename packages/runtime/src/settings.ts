import { z } from 'zod';
import { readOrigin } from './origin-setting.js';

/**
 * One setting: its environment variable, its allowed values, and its purpose. `expects` completes
 * the sentence "NAME must be …".
 */
export interface Setting<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** The default, as written in the environment. Without one, an unset setting is undefined. */
  readonly fallback?: string;
  readonly expects: string;
  readonly doc: string;
  /** A secret's value is never shown, not even if it is wrong. */
  readonly secret?: true;
  /**
   * Without the setting more is allowed, so an empty value is a fault and does not count as unset.
   */
  readonly protects?: true;
}

interface Words {
  readonly fallback: string | number;
  readonly doc: string;
  readonly secret?: true;
  readonly protects?: true;
}

function setting<T>(name: string, schema: z.ZodType<T>, expects: string, words: Words): Setting<T> {
  return { name, schema, expects, ...words, fallback: String(words.fallback) };
}

function optional<T>(
  name: string,
  schema: z.ZodType<T>,
  expects: string,
  words: Omit<Words, 'fallback'>,
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

function optionalInteger(name: string, min: number, max: number, doc: string) {
  const { schema, expects } = integer(name, min, max, { fallback: min, doc });
  return optional(name, schema, expects, { doc });
}

function choice<const T extends string>(name: string, values: readonly T[], words: Words) {
  const expects = `one of ${values.join(', ')}`;
  return setting(name, z.enum(values) as unknown as z.ZodType<T>, expects, words);
}

const port = (name: string, words: Words) => integer(name, 0, 65535, words);
const address = z.union([z.ipv4(), z.ipv6(), z.literal('localhost')]);
const url = (protocol: RegExp) => z.url({ protocol });

/**
 * A URL that newswire itself requests. It has no name and password, because fetch would refuse
 * them.
 */
const httpUrl = url(/^https?$/)
  .transform((text) => new URL(text))
  .refine(({ username, password }) => username === '' && password === '');

/** These headers belong to the connection on which they arrived, or describe another body. */
const CONNECTION_HEADERS =
  /^(accept-encoding|connection|content-(encoding|length|type)|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/;

const headerNames = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
  .refine((names) => names.every((name) => /^[a-z0-9_-]{1,64}$/.test(name)))
  .refine((names) => !names.some((name) => CONNECTION_HEADERS.test(name)));

const isNoPem = (text: string) => !text.includes('-----BEGIN');

/** Line breaks may be written as `\n`, since some programs that read a `.env` support no others. */
const pem = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine((text) => /-----BEGIN [A-Z ]*PUBLIC KEY-----/.test(text) && !text.includes('PRIVATE'));

const EDGE_NAME = /^(?<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?<port>\d{1,5})$/;

/** Parses host:port, with an IPv6 address in brackets. Port 0 means that the text is not valid. */
function edgeName(text: string) {
  const { host = '', port: digits = '0' } = EDGE_NAME.exec(text.trim())?.groups ?? {};
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(digits) };
}

const edgeNames = z
  .string()
  .transform((text) => text.split(',').map(edgeName))
  .refine((names) => names.every((name) => name.port > 0 && name.port <= 65535));

/**
 * Rejects URLs on which the Redis client would fail with an error of its own. The path is a
 * database's number.
 */
function isRedisUrl(text: string): boolean {
  try {
    const { pathname, username, password } = new URL(text);
    decodeURIComponent(username + password);
    return /^(\/\d*)?$/.test(pathname);
  } catch {
    return false;
  }
}

const redisUrl = url(/^rediss?$/).refine(isRedisUrl);

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

const origin = z.string().transform((text, context) => {
  const reading = readOrigin(text);
  if ('origin' in reading) return reading.origin;
  const reason = `${JSON.stringify(text)} is no origin, because ${reading.fault}`;
  context.addIssue({ code: 'custom', params: { reason } });
  return z.NEVER;
});

/** White space around the value is ignored: clients never send any in a header or a claim. */
const trimmed = z.string().transform((text) => text.trim());
const apiKey = trimmed.pipe(
  z
    .string()
    .min(16)
    .regex(/^\P{Cc}*$/u),
);
const claim = trimmed.pipe(z.string().min(1));

/** A list separated by commas; an empty text is an empty list. */
function list(item: z.ZodType<string, string>) {
  const items = z.string().transform((text) => text.split(',').map((each) => each.trim()));
  return items.transform((all) => all.filter((each) => each !== '')).pipe(z.array(item));
}

const REDIS_URL =
  'a URL like redis://127.0.0.1:6379, or with a database redis://127.0.0.1:6379/1; a % in its password is written %25';

/**
 * Every setting of every service. A service reads the ones that it needs and knows the names of
 * all, so that one `.env` serves the whole stack and a misspelt name is always found.
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
  brokerKind: choice('NEWSWIRE_BROKER', ['redis', 'delegate'], {
    fallback: 'redis',
    doc: 'How publications get from center to the edges. delegate: without Redis, center dials every edge and keeps the logs in its own memory.',
  }),
  redisUrl: setting('NEWSWIRE_REDIS_URL', redisUrl, REDIS_URL, {
    fallback: 'redis://127.0.0.1:6379',
    secret: true,
    doc: 'Where edges and center find Redis. A password may stand in it; it never reaches a log.',
  }),
  redisPrefix: optional(
    'NEWSWIRE_REDIS_PREFIX',
    z.string().regex(/^[\w.-]{1,64}$/),
    'up to 64 letters, digits, _, . and -',
    {
      doc: "The prefix of every key and topic in Redis. Two stacks on one Redis need different ones, because Redis' pub/sub ignores database numbers. Default: nw and the database number of NEWSWIRE_REDIS_URL, so nw0. With any other prefix, the inlet news: is PREFIX:news:.",
    },
  ),
  edges: setting('NEWSWIRE_EDGES', edgeNames, 'a list like edge:9911,10.0.0.7:9911', {
    fallback: '127.0.0.1:9911',
    doc: 'Where center finds the edges, with NEWSWIRE_BROKER=delegate. A name with several addresses stands for an edge at each; names are resolved every second.',
  }),
  delegatePort: port('NEWSWIRE_DELEGATE_PORT', {
    fallback: 9911,
    doc: 'The port at which an edge waits for center, with NEWSWIRE_BROKER=delegate. What goes over it is not encrypted: keep it inside a network of your own.',
  }),
  linkSecret: optional('NEWSWIRE_LINK_SECRET', z.string().min(16), 'at least 16 characters long', {
    secret: true,
    doc: 'By what center and the edges know each other, with NEWSWIRE_BROKER=delegate: the same for all. It is never sent.',
  }),
  linkSecretFile: optional('NEWSWIRE_LINK_SECRET_FILE', z.string(), 'the path of a file', {
    doc: 'A file that holds the link secret, where NEWSWIRE_LINK_SECRET is unset. Whichever process finds it missing creates it, with a random secret.',
  }),
  apiKey: optional('NEWSWIRE_API_KEY', apiKey, 'at least 16 characters long, on one line', {
    secret: true,
    protects: true,
    doc: 'What publishers send as X-API-Key. Unset: /api/ is open, but only where nobody but this machine reaches it.',
  }),
  tokenHmacSecret: optional(
    'NEWSWIRE_TOKEN_HMAC_SECRET',
    z.string().min(32).refine(isNoPem),
    'a secret at least 32 characters long, and no PEM key',
    {
      secret: true,
      protects: true,
      doc: 'What tokens (JWT: HS256, HS384, HS512) are signed with, by the backend that gives them to its users.',
    },
  ),
  tokenRsaPublicKey: optional(
    'NEWSWIRE_TOKEN_RSA_PUBLIC_KEY',
    pem,
    'a public key in PEM form, with \\n for its line breaks if need be',
    {
      secret: true,
      protects: true,
      doc: 'By what tokens signed with an RSA key of 2048 bits or more (RS256 to RS512, PS256 to PS512) are known.',
    },
  ),
  tokenEcdsaPublicKey: optional(
    'NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY',
    pem,
    'a public key in PEM form, with \\n for its line breaks if need be',
    {
      secret: true,
      protects: true,
      doc: 'By what tokens signed with an ECDSA key are known: ES256, ES384 or ES512, as its curve says.',
    },
  ),
  tokenJwksUrl: optional(
    'NEWSWIRE_TOKEN_JWKS_URL',
    httpUrl,
    'a URL like https://login.example.org/jwks.json, without a password',
    {
      secret: true,
      protects: true,
      doc: 'Where the RSA and ECDSA public keys stand that tokens are known by. They are kept for 10 minutes, and read again for a key that is not among them.',
    },
  ),
  tokenAudience: optional('NEWSWIRE_TOKEN_AUDIENCE', claim, 'a text', {
    protects: true,
    doc: "What a token's aud has to name, if set.",
  }),
  tokenIssuer: optional('NEWSWIRE_TOKEN_ISSUER', claim, 'a text', {
    protects: true,
    doc: "What a token's iss has to be, if set.",
  }),
  tokenLeewayMs: integer('NEWSWIRE_TOKEN_LEEWAY_MS', 0, 600_000, {
    fallback: 5000,
    doc: 'How far the clocks of an edge and of the backend that signs tokens may differ, in ms: a token is good so long before its nbf and after its exp.',
  }),
  token: optional('NEWSWIRE_TOKEN', z.string().regex(/^[\w.-]+$/), 'a token', {
    secret: true,
    doc: 'What the command line subscribes with, where clients need a token; newswire token makes them.',
  }),
  anonymous: choice('NEWSWIRE_ANONYMOUS', ['auto', 'on', 'off'], {
    fallback: 'auto',
    protects: true,
    doc: 'Whether clients may connect as nobody known. auto: without a token only where neither a key for tokens nor a connect hook is set; on: always; off: never, not even where a token or the hook names no user.',
  }),
  connectHookUrl: optional(
    'NEWSWIRE_CONNECT_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/connect, without a password',
    {
      secret: true,
      protects: true,
      doc: "What is asked who a client without a token is, in the form of Centrifugo's connect proxy.",
    },
  ),
  subscribeHookUrl: optional(
    'NEWSWIRE_SUBSCRIBE_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/subscribe, without a password',
    {
      secret: true,
      doc: "What is asked whether a client may subscribe, in the form of Centrifugo's subscribe proxy, for namespaces with subscribe: hook.",
    },
  ),
  rpcHookUrl: optional(
    'NEWSWIRE_RPC_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/rpc, without a password',
    {
      secret: true,
      doc: "What is asked what clients ask by rpc, in the form of Centrifugo's rpc proxy. Unset: rpc is answered with error 108.",
    },
  ),
  hookTimeoutMs: integer('NEWSWIRE_HOOK_TIMEOUT_MS', 10, 60_000, {
    fallback: 3000,
    doc: 'How long a hook may take before the client is answered with error 100, in ms.',
  }),
  hookHeaders: setting(
    'NEWSWIRE_HOOK_HEADERS',
    headerNames,
    "a list of header names like cookie,authorization, without those of the connection's own",
    {
      fallback: 'authorization,cookie,origin,user-agent',
      doc: "Which of the client's request headers are handed to hooks. x-real-ip stands for the client's address.",
    },
  ),
  allowedOrigins: setting(
    'NEWSWIRE_ALLOWED_ORIGINS',
    list(origin),
    'a list of origins like https://example.com,https://*.example.com,capacitor://localhost, or *',
    {
      fallback: '',
      doc: "Web pages that may connect, beside those of newswire's own host, by their origins. https://*.example.com stands for all subdomains of example.com, at any depth, and not for example.com itself. * allows all pages, without cookies. Programs other than browsers are not asked.",
    },
  ),
  trustedProxies: setting(
    'NEWSWIRE_TRUSTED_PROXIES',
    list(network),
    'a list of addresses and networks like 127.0.0.1,10.0.0.0/8',
    {
      fallback: '127.0.0.1,::1',
      doc: "Proxies whose X-Real-IP is taken for the client's address. Whoever else sends one is known by the socket's. List what only your proxies connect from.",
    },
  ),
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
  channelsFile: optional('NEWSWIRE_CHANNELS_FILE', z.string(), 'the path of a JSON or YAML file', {
    protects: true,
    doc: 'Where the options of namespaces stand: {"namespaces": {"sports": {"history_size": 5000, "subscribe": "users"}}} is for channels like sports:77707, and a section default for those without a colon. Default: channels.json in the working directory, if it is there. (docker compose up has no default, make up has this one.)',
  }),
  historyBytes: integer('NEWSWIRE_HISTORY_BYTES', 65_536, 1_073_741_824, {
    fallback: 8_388_608,
    doc: "How much data a channel's log keeps in the embedded server, or in center with NEWSWIRE_BROKER=delegate, in bytes; the newest publication always stays. With delegate, edges need the same value.",
  }),
  maxDataBytes: integer('NEWSWIRE_MAX_DATA_BYTES', 1, 16_777_216, {
    fallback: 65_536,
    doc: "The largest publication, in bytes of its data's JSON text.",
  }),
  maxMessageBytes: integer('NEWSWIRE_MAX_MESSAGE_BYTES', 1_048_576, 268_435_456, {
    fallback: 1_048_576,
    doc: "The longest WebSocket message that an edge sends, in bytes. Many clients refuse longer ones by default, Python's websockets for example. It must have room for NEWSWIRE_MAX_DATA_BYTES twice and 8 KiB.",
  }),
  maxFrameBytes: optionalInteger(
    'NEWSWIRE_MAX_FRAME_BYTES',
    65_536,
    268_435_456,
    'The longest WebSocket message that a client may send, in bytes, and the longest body of /connection/http_stream. Default: room for NEWSWIRE_MAX_CHANNELS_PER_SESSION subscriptions with tokens of 8 KiB and one publication, but no more than 16 MiB unless the subscriptions alone need it. It must have room for 512 bytes a subscription and one publication.',
  ),
  maxConnections: integer('NEWSWIRE_MAX_CONNECTIONS', 1, 10_000_000, {
    fallback: 100_000,
    doc: 'How many connections an edge takes. Others are answered 503, and Nginx tries the next edge.',
  }),
  maxConnectionsPerUser: integer('NEWSWIRE_MAX_CONNECTIONS_PER_USER', 1, 10_000_000, {
    fallback: 1000,
    doc: 'How many connections one user may have on an edge. Others are closed with 3504. Clients of whom nothing is known are not counted.',
  }),
  maxConnectionsPerAddress: integer('NEWSWIRE_MAX_CONNECTIONS_PER_ADDRESS', 1, 10_000_000, {
    fallback: 100_000,
    doc: 'How many connections one address may have on an edge; an IPv6 address stands for its /64. Others are closed with 3504.',
  }),
  connectsPerSecond: integer('NEWSWIRE_CONNECTS_PER_SECOND', 1, 1_000_000, {
    fallback: 10_000,
    doc: 'How many connections a second one address may open on an edge, and as many at once. Others are closed with 3013. Requests to /emulation for sessions that are not there are limited alike, and answered 429.',
  }),
  commandsPerSecond: integer('NEWSWIRE_COMMANDS_PER_SECOND', 1, 1_000_000, {
    fallback: 100,
    doc: 'How many commands a second a connection may send; after a rest ten times as many at once, and as many more as it may have channels. Others are answered with error 111; a connection that goes on is closed with 3013.',
  }),
  maxChannelsPerSession: integer('NEWSWIRE_MAX_CHANNELS_PER_SESSION', 1, 100_000, {
    fallback: 128,
    doc: 'How many channels one connection may listen to.',
  }),
  maxBufferedBytes: integer('NEWSWIRE_MAX_BUFFERED_BYTES', 4096, 1_073_741_824, {
    fallback: 262_144,
    doc: 'How many unsent bytes a connection may have before it is taken off the live flow and served from the log, as quickly as it reads.',
  }),
  maxFlushBytes: integer('NEWSWIRE_MAX_FLUSH_BYTES', 4096, 1_073_741_824, {
    fallback: 262_144,
    doc: 'How many bytes a channel may hand to its subscribers in one tick; what is over waits for the next.',
  }),
  maxLagBytes: integer('NEWSWIRE_MAX_LAG_BYTES', 4096, 1_099_511_627_776, {
    fallback: 67_108_864,
    doc: 'How many bytes of data a connection may be behind the live flow before it is closed with 3008.',
  }),
  maxLagMs: integer('NEWSWIRE_MAX_LAG_MS', 100, 3_600_000, {
    fallback: 60_000,
    doc: 'For how long a connection may be behind the live flow before it is closed with 3008, in ms. Keep it below NEWSWIRE_PING_TIMEOUT_MS.',
  }),
  ringSize: integer('NEWSWIRE_RING_SIZE', 1, 100_000, {
    fallback: 1000,
    doc: 'How many recent publications of each active channel an edge keeps, to serve whoever comes back or is slow without asking the broker.',
  }),
  ringBytes: integer('NEWSWIRE_RING_BYTES', 4096, 1_073_741_824, {
    fallback: 1_048_576,
    doc: 'How many bytes of data it keeps of each.',
  }),
  ringIdleMs: integer('NEWSWIRE_RING_IDLE_MS', 0, 3_600_000, {
    fallback: 10_000,
    doc: 'For how long an edge follows a channel on when nobody listens to it any more, in ms: whoever comes back by then needs nothing of the broker.',
  }),
  checkIntervalMs: integer('NEWSWIRE_CHECK_INTERVAL_MS', 100, 3_600_000, {
    fallback: 10_000,
    doc: "How often an edge compares a quiet channel's position with the broker's, in ms.",
  }),
  subscribeTimeoutMs: integer('NEWSWIRE_SUBSCRIBE_TIMEOUT_MS', 100, 60_000, {
    fallback: 3000,
    doc: 'How long a subscription waits for the broker before it is answered with error 100, in ms; on the seed wire, which has no answers, it waits on.',
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
    doc: 'How long a request waits for Redis, or over a link, before it is answered with error 100, in ms.',
  }),
  presenceLeaseMs: integer('NEWSWIRE_PRESENCE_LEASE_MS', 1000, 3_600_000, {
    fallback: 20_000,
    doc: 'For how long the clients of an edge that died are still shown as present, in ms. An edge renews its word three times as often.',
  }),
  drainMs: integer('NEWSWIRE_DRAIN_MS', 0, 600_000, {
    fallback: 10_000,
    doc: "Over how long a stopping edge spreads its clients' reconnects, in ms. Keep it below the stop grace period.",
  }),
} as const satisfies Record<string, Setting<unknown>>;

/** The settings that every service's process reads. */
export const PROCESS_SETTINGS = ['bind', 'host', 'logLevel', 'logFormat'] as const;

export type SettingKey = keyof typeof SETTINGS;

/** The settings' values after parsing: undefined only if a setting has no default. */
export type Config<K extends SettingKey> = {
  readonly [P in K]: (typeof SETTINGS)[P] extends Setting<infer T> ? T : never;
};
