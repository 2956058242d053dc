import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { readOptionsFile } from './options-file.js';

/** A channel `sports:77707` is in the namespace `sports`; a name without a colon is in none. */
const NAMESPACE_NAME = /^[A-Za-z0-9_\-.@/+=~$&,;]{1,254}$/;

/** The Redis inlet receives plain publications to `news:*`. */
const INLET_NAMESPACE = 'news';

const WHO = ['everyone', 'users', 'subscribers', 'nobody'] as const;

/** The events for webhooks that a namespace can enable. */
const CHANNEL_EVENTS = [
  'channel_occupied',
  'channel_vacated',
  'client_subscribed',
  'client_unsubscribed',
] as const;

export type ChannelEvent = (typeof CHANNEL_EVENTS)[number];

const Options = z.strictObject({
  history_size: integer(0, 100_000),
  history_ttl_ms: integer(1000, 86_400_000),
  recovery: flag(),
  cache_recovery: flag(),
  presence: flag(),
  join_leave: flag(),
  delta: flag(),
  allow_tags_filter: flag(),
  allow_user_limited_channels: flag(),
  subscribe: choice(['everyone', 'users', 'token', 'hook', 'nobody']),
  sub_refresh: choice(['token', 'hook']),
  publish: choice([...WHO, 'hook']),
  read_history: choice(WHO),
  read_presence: choice(WHO),
  wildcard: flag(),
  events: events(),
  pattern: pattern(),
});

const File = z.strictObject({
  unknown_namespaces: choice(['allow', 'refuse']),
  default: Options.optional(),
  namespaces: z.record(z.string(), Options).optional(),
});

/** The options of one namespace, as they are in the file. */
export type FileOptions = z.infer<typeof Options>;
export type ChannelsFile = z.infer<typeof File>;

/**
 * Reads a channels file, JSON or YAML in UTF-8. Returns undefined if the file is missing and may
 * be, or if it is a device like /dev/null. Throws ConfigError with all its faults.
 */
export function readChannelsFile(file: string, mayBeMissing: boolean): ChannelsFile | undefined {
  const text = readOptionsFile(file, mayBeMissing);
  if (text === undefined) return undefined;
  const document = parse(file, text);
  const result = File.safeParse(document);
  if (!result.success)
    throw new ConfigError(result.error.issues.flatMap((i) => sentences(file, i)));
  const { namespaces = {}, default: fallback = {} } = result.data;
  const faults = [
    ...lostNames(document),
    ...contradictions('default', fallback),
    ...(fallback.wildcard
      ? ['default.wildcard must be false: only namespaces have wildcards']
      : []),
    ...Object.entries(namespaces).flatMap(([name, options]) => [
      ...nameFaults(name),
      ...contradictions(`namespaces.${name}`, options),
    ]),
  ];
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `${file}: ${fault}.`));
  return result.data;
}

/**
 * JSON is YAML, so one parser reads both. The file's name does not matter. JSON.parse would silently take
 * the last of two equal keys.
 */
function parse(file: string, text: string): unknown {
  try {
    return parseYaml(text, { logLevel: 'error' });
  } catch (error) {
    // After its first line, the message shows the place in the file.
    const [reason = ''] = (error as Error).message.split('\n');
    const form = /\.json$/i.test(file) ? 'JSON' : 'YAML';
    throw new ConfigError([`${file} is not ${form}: ${reason.replace(/[.:]$/, '')}.`]);
  }
}

/** zod silently drops this key from records. Elsewhere the key is an unknown field. */
function lostNames(document: unknown): string[] {
  const { namespaces } = Object(document) as { namespaces?: unknown };
  if (!Object.hasOwn(Object(namespaces), '__proto__')) return [];
  return ['a namespace cannot be named __proto__'];
}

function nameFaults(name: string): string[] {
  if (name === INLET_NAMESPACE) {
    return [`the namespace ${name} is reserved for the Redis inlet`];
  }
  if (NAMESPACE_NAME.test(name)) return [];
  const expected = 'must be 1 to 254 letters, digits and _-.@/+=~$&,;';
  return [`a namespace's name ${expected}, not ${JSON.stringify(name)}`];
}

function contradictions(where: string, options: FileOptions): string[] {
  const faults: string[] = [];
  if (options.history_size === 0) {
    for (const key of ['recovery', 'cache_recovery'] as const) {
      if (options[key]) faults.push(`${where}.${key} needs a history_size of 1 or more`);
    }
  }
  if (options.wildcard && options.allow_user_limited_channels) {
    faults.push(`${where}.wildcard must be false with allow_user_limited_channels`);
  }
  if (options.cache_recovery && options.recovery === false) {
    faults.push(`${where}.cache_recovery needs recovery`);
  }
  return faults;
}

type WithInput = { readonly input?: unknown };

function must(expected: string) {
  return ({ input }: WithInput) => `must be ${expected}, not ${JSON.stringify(input)}`;
}

function integer(min: number, max: number) {
  const error = must(`a whole number from ${min} to ${max}`);
  return z
    .number({ error })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error })
    .optional();
}

function flag() {
  return z.boolean({ error: must('true or false') }).optional();
}

function choice<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: must(`one of ${values.join(', ')}`) }).optional();
}

function events() {
  const error = must(`a list of ${CHANNEL_EVENTS.join(', ')}`);
  return z.array(z.enum(CHANNEL_EVENTS), { error }).optional();
}

function pattern() {
  const error = must('a regular expression');
  return z.string({ error }).refine(isRegularExpression, { error }).optional();
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function sentences(file: string, issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  const where = path === '' ? '' : `${path} `;
  if (issue.code === 'unrecognized_keys') {
    const within = path === '' ? '' : ` in ${path}`;
    return issue.keys.map((key) => `${file}: unknown field ${key}${within}.`);
  }
  if (issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected)) {
    return [`${file}: ${where || 'the whole '}must be an object.`];
  }
  return [`${file}: ${where}${issue.message}.`];
}
