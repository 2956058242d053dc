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

interface Details {
  readonly fallback: string | number;
  readonly doc: string;
  readonly secret?: true;
  readonly protects?: true;
}

function setting<T>(
  name: string,
  schema: z.ZodType<T>,
  expects: string,
  details: Details,
): Setting<T> {
  return { name, schema, expects, ...details, fallback: String(details.fallback) };
}

function optional<T>(
  name: string,
  schema: z.ZodType<T>,
  expects: string,
  details: Omit<Details, 'fallback'>,
): Setting<T | undefined> {
  return { name, schema, expects, ...details };
}

function integer(name: string, min: number, max: number, details: Details): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
  return setting(name, schema, `a whole number from ${min} to ${max}`, details);
}

function optionalInteger(name: string, min: number, max: number, doc: string) {
  const { schema, expects } = integer(name, min, max, { fallback: min, doc });
  return optional(name, schema, expects, { doc });
}

function choice<const T extends string>(name: string, values: readonly T[], details: Details) {
  const expects = `one of ${values.join(', ')}`;
  return setting(name, z.enum(values) as unknown as z.ZodType<T>, expects, details);
}

const port = (name: string, details: Details) => integer(name, 0, 65535, details);
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
  const reason = `${JSON.stringify(text)} is not an origin, because ${reading.fault}`;
  context.addIssue({ code: 'custom', params: { reason } });
  return z.NEVER;
});

/** Removes white space around the value: clients never send any in a header or a claim. */
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
  'a URL like redis://127.0.0.1:6379, or with a database redis://127.0.0.1:6379/1; write % in a password as %25';

/**
 * Every setting of every service. A service reads the ones that it needs and knows the names of
 * all, so that one `.env` serves the whole stack and a misspelt name is always found.
 */
export const SETTINGS = {
  bind: setting('NEWSWIRE_BIND', address, 'an IP address or localhost', {
    fallback: '127.0.0.1',
    doc: 'Address at which newswire can be reached. With any address other than loopback, /api/ stays closed until NEWSWIRE_API_KEY is set.',
  }),
  host: optional('NEWSWIRE_HOST', address, 'an IP address or localhost', {
    doc: 'Address on which a process listens, if it differs from NEWSWIRE_BIND, such as 0.0.0.0 in a container. Default: NEWSWIRE_BIND.',
  }),
  publishedAt: optional('NEWSWIRE_PUBLISHED_AT', address, 'an IP address or localhost', {
    doc: "In a container: address of the host at which the container's port is published. It determines which machines can reach newswire. Default: NEWSWIRE_HOST.",
  }),
  port: port('NEWSWIRE_PORT', {
    fallback: 9900,
    doc: "Port for clients: the embedded server's port, or Nginx' port in Compose. 0 selects a free port (embedded server only).",
  }),
  edgePort: port('NEWSWIRE_EDGE_PORT', {
    fallback: 9901,
    doc: 'Port on which an edge listens. 0 selects a free port.',
  }),
  centerPort: port('NEWSWIRE_CENTER_PORT', {
    fallback: 9921,
    doc: 'Port on which center listens. 0 selects a free port.',
  }),
  url: optional('NEWSWIRE_URL', url(/^https?$/), 'a URL like http://127.0.0.1:9900', {
    doc: 'Address of newswire for the command line. Default: http://127.0.0.1 with the port NEWSWIRE_PORT.',
  }),
  brokerKind: choice('NEWSWIRE_BROKER', ['redis', 'delegate'], {
    fallback: 'redis',
    doc: 'How publications get from center to the edges. redis: over Redis. delegate: without Redis; center connects to every edge and keeps the logs in its own memory.',
  }),
  redisUrl: setting('NEWSWIRE_REDIS_URL', redisUrl, REDIS_URL, {
    fallback: 'redis://127.0.0.1:6379',
    secret: true,
    doc: 'Address of Redis for edges and center; rediss:// for TLS. It may contain a user and a password, which is never logged.',
  }),
  redisCaFile: optional('NEWSWIRE_REDIS_CA_FILE', z.string(), 'the path of a PEM file', {
    protects: true,
    doc: 'Certificates of the authorities that may have signed the certificate of a rediss:// server, instead of the well-known authorities. Read at the start. In Compose, this and the next two are paths in the container.',
  }),
  redisCertFile: optional('NEWSWIRE_REDIS_CERT_FILE', z.string(), 'the path of a PEM file', {
    protects: true,
    doc: 'Certificate of edges and center for a rediss:// server that requires one. Needs NEWSWIRE_REDIS_KEY_FILE.',
  }),
  redisKeyFile: optional('NEWSWIRE_REDIS_KEY_FILE', z.string(), 'the path of a PEM file', {
    protects: true,
    doc: 'Private key of NEWSWIRE_REDIS_CERT_FILE.',
  }),
  redisPrefix: optional(
    'NEWSWIRE_REDIS_PREFIX',
    z.string().regex(/^[\w.-]{1,64}$/),
    'up to 64 letters, digits, _, . and -',
    {
      doc: "Prefix of all keys and topics in Redis. Two stacks on one Redis need different prefixes, because Redis' pub/sub ignores database numbers. Default: nw and the database number of NEWSWIRE_REDIS_URL, for example nw0. If the prefix is not nw0, publish to PREFIX:news:CHANNEL instead of news:CHANNEL.",
    },
  ),
  edges: setting('NEWSWIRE_EDGES', edgeNames, 'a list like edge:9911,10.0.0.7:9911', {
    fallback: '127.0.0.1:9911',
    doc: 'Addresses of the edges for center, with NEWSWIRE_BROKER=delegate. If a name has several addresses, center connects to all of them. Names are resolved every second.',
  }),
  delegatePort: port('NEWSWIRE_DELEGATE_PORT', {
    fallback: 9911,
    doc: 'Port on which an edge accepts the link from center, with NEWSWIRE_BROKER=delegate. Links are not encrypted: keep the port inside a private network.',
  }),
  linkSecret: optional('NEWSWIRE_LINK_SECRET', z.string().min(16), 'at least 16 characters long', {
    secret: true,
    doc: 'Shared secret that authenticates center to the edges and the edges to center, with NEWSWIRE_BROKER=delegate. All processes need the same secret. It is never sent.',
  }),
  linkSecretFile: optional('NEWSWIRE_LINK_SECRET_FILE', z.string(), 'the path of a file', {
    doc: 'File with the link secret, used if NEWSWIRE_LINK_SECRET is unset. If the file does not exist, the first process creates it with a random secret.',
  }),
  apiKey: optional('NEWSWIRE_API_KEY', apiKey, 'at least 16 characters long, on one line', {
    secret: true,
    protects: true,
    doc: 'Key that publishers send as X-API-Key. If unset, /api/ is open, but only if no other machine can reach it.',
  }),
  tokenHmacSecret: optional(
    'NEWSWIRE_TOKEN_HMAC_SECRET',
    z.string().min(32).refine(isNoPem),
    'a secret of at least 32 characters that is not a PEM key',
    {
      secret: true,
      protects: true,
      doc: 'Secret for tokens (JWT) signed with HS256, HS384 or HS512. The backend that signs the tokens has the same secret.',
    },
  ),
  tokenRsaPublicKey: optional(
    'NEWSWIRE_TOKEN_RSA_PUBLIC_KEY',
    pem,
    'a public key in PEM form, with its line breaks as \\n if necessary',
    {
      secret: true,
      protects: true,
      doc: 'Public key for tokens signed with an RSA key of 2048 bits or more (RS256 to RS512, PS256 to PS512).',
    },
  ),
  tokenEcdsaPublicKey: optional(
    'NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY',
    pem,
    'a public key in PEM form, with its line breaks as \\n if necessary',
    {
      secret: true,
      protects: true,
      doc: 'Public key for tokens signed with an ECDSA key. Its curve determines the algorithm: ES256, ES384 or ES512.',
    },
  ),
  tokenEd25519PublicKey: optional(
    'NEWSWIRE_TOKEN_ED25519_PUBLIC_KEY',
    pem,
    'a public key in PEM form, with its line breaks as \\n if necessary',
    {
      secret: true,
      protects: true,
      doc: 'Public key for tokens signed with an Ed25519 key (EdDSA).',
    },
  ),
  tokenJwksUrl: optional(
    'NEWSWIRE_TOKEN_JWKS_URL',
    httpUrl,
    'a URL like https://login.example.org/jwks.json, without a password',
    {
      secret: true,
      protects: true,
      doc: 'URL of a JSON Web Key Set with RSA, ECDSA and Ed25519 public keys for tokens. The keys are cached for 10 minutes, and requested again if a token names an unknown key.',
    },
  ),
  tokenAudience: optional('NEWSWIRE_TOKEN_AUDIENCE', claim, 'a non-empty text', {
    protects: true,
    doc: 'If set, the aud claim of a token must include this value.',
  }),
  tokenIssuer: optional('NEWSWIRE_TOKEN_ISSUER', claim, 'a non-empty text', {
    protects: true,
    doc: 'If set, the iss claim of a token must have this value.',
  }),
  tokenLeewayMs: integer('NEWSWIRE_TOKEN_LEEWAY_MS', 0, 600_000, {
    fallback: 5000,
    doc: 'Permitted difference in ms between the clocks of an edge and of the backend that signs tokens. It applies to the claims nbf and exp.',
  }),
  token: optional('NEWSWIRE_TOKEN', z.string().regex(/^[\w.-]+$/), 'a token', {
    secret: true,
    doc: 'Token with which the command line subscribes. newswire token makes tokens.',
  }),
  anonymous: choice('NEWSWIRE_ANONYMOUS', ['auto', 'on', 'off'], {
    fallback: 'auto',
    protects: true,
    doc: 'Whether clients may connect without a user. auto: with a token or the approval of the connect hook, or if neither a key for tokens nor a connect hook is set. on: also without a token; a connect hook still decides. off: never, even if a token or the connect hook names no user.',
  }),
  connectHookUrl: optional(
    'NEWSWIRE_CONNECT_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/connect, without a password',
    {
      secret: true,
      protects: true,
      doc: "URL of a backend that authenticates clients without a token, in the form of Centrifugo's connect proxy.",
    },
  ),
  subscribeHookUrl: optional(
    'NEWSWIRE_SUBSCRIBE_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/subscribe, without a password',
    {
      secret: true,
      doc: "URL of a backend that authorizes subscriptions in namespaces with subscribe: hook, in the form of Centrifugo's subscribe proxy.",
    },
  ),
  rpcHookUrl: optional(
    'NEWSWIRE_RPC_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/rpc, without a password',
    {
      secret: true,
      doc: "URL of a backend that answers clients' rpc commands, in the form of Centrifugo's rpc proxy. If unset, rpc is answered with error 108.",
    },
  ),
  publishHookUrl: optional(
    'NEWSWIRE_PUBLISH_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/publish, without a password',
    {
      secret: true,
      doc: "URL of a backend that authorizes clients' publications in namespaces with publish: hook, and may change them, in the form of Centrifugo's publish proxy.",
    },
  ),
  refreshHookUrl: optional(
    'NEWSWIRE_REFRESH_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/refresh, without a password',
    {
      secret: true,
      doc: "URL of a backend that renews connections when they expire, in the form of Centrifugo's refresh proxy. If unset, clients renew them by tokens.",
    },
  ),
  subRefreshHookUrl: optional(
    'NEWSWIRE_SUB_REFRESH_HOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/sub_refresh, without a password',
    {
      secret: true,
      doc: "URL of a backend that renews subscriptions when they expire, in namespaces with sub_refresh: hook, in the form of Centrifugo's sub_refresh proxy.",
    },
  ),
  webhookUrl: optional(
    'NEWSWIRE_WEBHOOK_URL',
    httpUrl,
    'a URL like http://backend:8000/webhook, without a password',
    {
      secret: true,
      doc: 'URL of a backend that receives the events of channels and clients. It needs NEWSWIRE_WEBHOOK_SECRET.',
    },
  ),
  webhookSecret: optional(
    'NEWSWIRE_WEBHOOK_SECRET',
    z.string().min(32),
    'a secret of at least 32 characters',
    {
      secret: true,
      doc: 'Secret with which webhooks are signed (HMAC-SHA256). The backend has the same secret.',
    },
  ),
  webhookEvents: setting(
    'NEWSWIRE_WEBHOOK_EVENTS',
    list(z.enum(['client_connected', 'client_disconnected'])),
    'a list of client_connected and client_disconnected',
    {
      fallback: '',
      doc: 'Events of connections that are sent to the webhook. The channels file enables the events of channels by namespace.',
    },
  ),
  webhookGraceMs: integer('NEWSWIRE_WEBHOOK_GRACE_MS', 0, 600_000, {
    fallback: 5000,
    doc: 'How long a channel without subscribers counts as occupied, in ms, so that no channel_vacated is sent while clients reconnect.',
  }),
  webhookTimeoutMs: integer('NEWSWIRE_WEBHOOK_TIMEOUT_MS', 10, 60_000, {
    fallback: 5000,
    doc: 'Timeout of a webhook request in ms. After it, the request is sent again.',
  }),
  webhookQueueSize: integer('NEWSWIRE_WEBHOOK_QUEUE_SIZE', 1, 10_000_000, {
    fallback: 100_000,
    doc: 'Maximum number of events that wait for the webhook. Beyond it, events of clients are dropped, and events of channels wait.',
  }),
  hookTimeoutMs: integer('NEWSWIRE_HOOK_TIMEOUT_MS', 10, 60_000, {
    fallback: 3000,
    doc: 'Timeout of a hook request in ms. After it, the client gets error 100.',
  }),
  hookHeaders: setting(
    'NEWSWIRE_HOOK_HEADERS',
    headerNames,
    'a list of header names like cookie,authorization, without headers of the connection itself',
    {
      fallback: 'authorization,cookie,origin,user-agent',
      doc: "Request headers of the client that are passed on to hooks. x-real-ip stands for the client's address.",
    },
  ),
  allowedOrigins: setting(
    'NEWSWIRE_ALLOWED_ORIGINS',
    list(origin),
    'a list of origins like https://example.com,https://*.example.com,capacitor://localhost, or *',
    {
      fallback: '',
      doc: "Origins of web pages that may connect, in addition to pages of newswire's own host. https://*.example.com allows all subdomains of example.com, at any depth, but not example.com itself. * allows all pages, but not with credentials over HTTP. Browsers send cookies with WebSockets regardless: with * and a connect hook that reads cookies, any web page can connect as the user who visits it. Programs other than browsers send no origin and are not restricted.",
    },
  ),
  trustedProxies: setting(
    'NEWSWIRE_TRUSTED_PROXIES',
    list(network),
    'a list of addresses and networks like 127.0.0.1,10.0.0.0/8',
    {
      fallback: '127.0.0.1,::1',
      doc: "Addresses of proxies whose X-Real-IP header is trusted as the client's address. For all other connections, the client's address is the socket's. List only addresses that no other program uses.",
    },
  ),
  logLevel: choice('NEWSWIRE_LOG_LEVEL', ['debug', 'info', 'warn', 'error'], {
    fallback: 'info',
    doc: 'Least severe level that is logged.',
  }),
  logFormat: choice('NEWSWIRE_LOG_FORMAT', ['auto', 'json', 'text'], {
    fallback: 'auto',
    doc: 'Format of log lines. auto: text on a terminal, otherwise JSON.',
  }),
  historySize: integer('NEWSWIRE_HISTORY_SIZE', 1, 100_000, {
    fallback: 1000,
    doc: "Maximum number of publications in a channel's log.",
  }),
  historyTtlMs: integer('NEWSWIRE_HISTORY_TTL_MS', 1000, 86_400_000, {
    fallback: 600_000,
    doc: "How long a channel's log keeps a publication, in ms.",
  }),
  channelsFile: optional('NEWSWIRE_CHANNELS_FILE', z.string(), 'the path of a JSON or YAML file', {
    protects: true,
    doc: 'File with the options of namespaces. For example, {"namespaces": {"sports": {"history_size": 5000, "subscribe": "users"}}} applies to channels like sports:77707. The section default applies to channels without a colon. Default: channels.json in the working directory, if it exists (docker compose up has no default, make up has this one).',
  }),
  pusherApps: optional('NEWSWIRE_PUSHER_APPS', z.string(), 'the path of a JSON or YAML file', {
    protects: true,
    doc: 'File with the apps of Pusher\'s protocol: for example, {"apps": [{"id": "1", "key": "app-key", "secret": "…"}]}. Edges and center read it. Without it, /app/ and /apps/ refuse all requests.',
  }),
  historyBytes: integer('NEWSWIRE_HISTORY_BYTES', 65_536, 1_073_741_824, {
    fallback: 8_388_608,
    doc: "Maximum size of a channel's log in bytes of data, in the embedded server, or in center with NEWSWIRE_BROKER=delegate. The newest publication is always kept. With delegate, edges need the same value.",
  }),
  maxDataBytes: integer('NEWSWIRE_MAX_DATA_BYTES', 1, 16_777_216, {
    fallback: 65_536,
    doc: "Maximum size of a publication, in bytes of its data's JSON text.",
  }),
  maxMessageBytes: integer('NEWSWIRE_MAX_MESSAGE_BYTES', 1_048_576, 268_435_456, {
    fallback: 1_048_576,
    doc: "Maximum size of a WebSocket message that an edge sends, in bytes. Many clients refuse longer messages by default, for example Python's websockets. It must be at least twice NEWSWIRE_MAX_DATA_BYTES plus 8 KiB.",
  }),
  maxFrameBytes: optionalInteger(
    'NEWSWIRE_MAX_FRAME_BYTES',
    65_536,
    268_435_456,
    'Maximum size of a WebSocket message from a client and of the body of /connection/http_stream, in bytes. Default: NEWSWIRE_MAX_CHANNELS_PER_SESSION subscriptions with tokens of 8 KiB, plus one publication, but at most 16 MiB unless the subscriptions alone need more. It must be at least 512 bytes per subscription plus one publication.',
  ),
  maxConnections: integer('NEWSWIRE_MAX_CONNECTIONS', 1, 10_000_000, {
    fallback: 100_000,
    doc: 'Maximum number of connections to an edge. Further connections are answered 503, and Nginx tries the next edge.',
  }),
  maxConnectionsPerUser: integer('NEWSWIRE_MAX_CONNECTIONS_PER_USER', 1, 10_000_000, {
    fallback: 1000,
    doc: 'Maximum number of connections of one user to an edge. Further connections are closed with 3504. Anonymous clients are not counted.',
  }),
  maxConnectionsPerAddress: integer('NEWSWIRE_MAX_CONNECTIONS_PER_ADDRESS', 1, 10_000_000, {
    fallback: 100_000,
    doc: 'Maximum number of connections of one address to an edge. An IPv6 address stands for its /64. Further connections are closed with 3504.',
  }),
  connectsPerSecond: integer('NEWSWIRE_CONNECTS_PER_SECOND', 1, 1_000_000, {
    fallback: 10_000,
    doc: 'Maximum number of connections per second that one address may open to an edge, with bursts of the same number. Further connections are closed with 3013. The same limit applies to requests to /emulation for unknown sessions, which are answered 429.',
  }),
  commandsPerSecond: integer('NEWSWIRE_COMMANDS_PER_SECOND', 1, 1_000_000, {
    fallback: 100,
    doc: 'Maximum number of commands per second from a connection. Bursts may have ten times as many, plus one for each channel that the connection may have. Further commands are answered with error 111, and a connection that continues is closed with 3013.',
  }),
  maxChannelsPerSession: integer('NEWSWIRE_MAX_CHANNELS_PER_SESSION', 1, 100_000, {
    fallback: 128,
    doc: 'Maximum number of channels to which one connection may subscribe.',
  }),
  maxTagsFilters: integer('NEWSWIRE_MAX_TAGS_FILTERS', 1, 10_000, {
    fallback: 100,
    doc: 'Maximum number of different tags filters of a channel on one edge. Subscriptions with further filters are refused with error 106.',
  }),
  maxBufferedBytes: integer('NEWSWIRE_MAX_BUFFERED_BYTES', 4096, 1_073_741_824, {
    fallback: 262_144,
    doc: 'Maximum number of unsent bytes of a connection. Beyond it, the connection is taken off the live flow and served as quickly as it reads, from the ring or the log.',
  }),
  maxFlushBytes: integer('NEWSWIRE_MAX_FLUSH_BYTES', 4096, 1_073_741_824, {
    fallback: 262_144,
    doc: 'Maximum number of bytes that a channel sends to its subscribers in one tick. The rest is sent in the next tick.',
  }),
  maxLagBytes: integer('NEWSWIRE_MAX_LAG_BYTES', 4096, 1_099_511_627_776, {
    fallback: 67_108_864,
    doc: 'Maximum lag of a connection behind the live flow, in bytes of data. Beyond it, the connection is closed with 3008.',
  }),
  maxLagMs: integer('NEWSWIRE_MAX_LAG_MS', 100, 3_600_000, {
    fallback: 60_000,
    doc: 'Maximum time for which a connection may lag behind the live flow, in ms. Beyond it, the connection is closed with 3008. Keep it below NEWSWIRE_PING_TIMEOUT_MS.',
  }),
  ringSize: integer('NEWSWIRE_RING_SIZE', 1, 100_000, {
    fallback: 1000,
    doc: "Maximum number of recent publications of each active channel that an edge keeps in memory. From these, an edge serves lagging and returning clients without reading the broker's log.",
  }),
  ringBytes: integer('NEWSWIRE_RING_BYTES', 4096, 1_073_741_824, {
    fallback: 1_048_576,
    doc: 'Maximum size of these publications per channel, in bytes of data.',
  }),
  ringIdleMs: integer('NEWSWIRE_RING_IDLE_MS', 0, 3_600_000, {
    fallback: 10_000,
    doc: "How long an edge keeps its subscription to a channel after the last client left it, in ms. Clients that return within this time are served without reading the broker's log.",
  }),
  checkIntervalMs: integer('NEWSWIRE_CHECK_INTERVAL_MS', 100, 3_600_000, {
    fallback: 10_000,
    doc: "How often an edge compares the position of a quiet channel with the broker's, in ms.",
  }),
  subscribeTimeoutMs: integer('NEWSWIRE_SUBSCRIBE_TIMEOUT_MS', 100, 60_000, {
    fallback: 3000,
    doc: 'How long a subscription waits for the broker, in ms. After it, the client gets error 100. On the seed protocol, which has no replies, the subscription continues to wait.',
  }),
  pingIntervalMs: integer('NEWSWIRE_PING_INTERVAL_MS', 100, 200_000, {
    fallback: 25_000,
    doc: 'How often each connection is pinged, in ms.',
  }),
  pingTimeoutMs: integer('NEWSWIRE_PING_TIMEOUT_MS', 100, 3_600_000, {
    fallback: 120_000,
    doc: 'How long a connection may stay silent after a ping before it is closed, in ms. The default is long because Python clients answer pings only inside recv().',
  }),
  publishTimeoutMs: integer('NEWSWIRE_PUBLISH_TIMEOUT_MS', 10, 60_000, {
    fallback: 2000,
    doc: 'How long a request waits for Redis, or for an answer over a link, in ms. After it, the answer is error 100.',
  }),
  presenceLeaseMs: integer('NEWSWIRE_PRESENCE_LEASE_MS', 1000, 3_600_000, {
    fallback: 20_000,
    doc: 'How long the clients of an edge that died are still shown as present, in ms. An edge renews its leases three times as often.',
  }),
  drainMs: integer('NEWSWIRE_DRAIN_MS', 0, 600_000, {
    fallback: 10_000,
    doc: "Time over which a stopping edge spreads its clients' reconnects, in ms. Keep it below the stop grace period.",
  }),
} as const satisfies Record<string, Setting<unknown>>;

/** The settings that every service's process reads. */
export const PROCESS_SETTINGS = ['bind', 'host', 'logLevel', 'logFormat'] as const;

export type SettingKey = keyof typeof SETTINGS;

/** The settings' values after parsing: undefined only if a setting has no default. */
export type Config<K extends SettingKey> = {
  readonly [P in K]: (typeof SETTINGS)[P] extends Setting<infer T> ? T : never;
};
