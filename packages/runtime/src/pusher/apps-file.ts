import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { ConfigError } from '../config-error.js';
import { readOptionsFile } from '../options-file.js';
import type { Config } from '../settings.js';
import { NO_PUSHER_APPS, PUSHER_WEBHOOK_EVENTS, PusherApp, PusherApps } from './pusher-app.js';

/** The setting that `loadPusherApps` reads. */
export const PUSHER_SETTINGS = ['pusherApps'] as const;

const MIN_SECRET_LENGTH = 16;
const DEFAULT_ACTIVITY_TIMEOUT_S = 120;

// No message shows what the file has: it may be a secret in the wrong place.
const name = z
  .string({ error: 'must be 1 to 64 letters, digits, _ and -' })
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, _ and -' });
const flag = z.boolean({ error: 'must be true or false' });
const SECRET = `must be a text of at least ${MIN_SECRET_LENGTH} characters`;
const PREFIX = 'must be up to 64 letters, digits and _-.:@/+=~$&,;';
const TIMEOUT = 'must be a whole number from 10 to 3600';

const URL_TEXT = 'must be a URL like http://backend:8000/pusher, without a password';
const EVENTS = `must be a list of ${PUSHER_WEBHOOK_EVENTS.join(', ')}`;
const url = z.string({ error: URL_TEXT }).refine(isHttpUrl, { error: URL_TEXT });
const events = z
  .array(z.enum(PUSHER_WEBHOOK_EVENTS, { error: EVENTS }), { error: EVENTS })
  .default(PUSHER_WEBHOOK_EVENTS.filter((event) => event !== 'subscription_count'));

const App = z.strictObject({
  // Numbers, such as Pusher's own ids, need no quotes.
  id: z.preprocess((id) => (typeof id === 'number' ? String(id) : id), name),
  key: z.preprocess((key) => (typeof key === 'number' ? String(key) : key), name),
  secret: z
    .string({ error: SECRET })
    .min(MIN_SECRET_LENGTH, { error: SECRET })
    .regex(/^\P{Cc}*$/u, { error: SECRET }),
  enabled: flag.default(true),
  channel_prefix: z
    .string({ error: PREFIX })
    .regex(/^[A-Za-z0-9_\-.:@/+=~$&,;]{0,64}$/, { error: PREFIX })
    .default(''),
  client_events: flag.default(false),
  subscription_count: flag.default(false),
  activity_timeout_s: z
    .number({ error: TIMEOUT })
    .int({ error: TIMEOUT })
    .min(10, { error: TIMEOUT })
    .max(3600, { error: TIMEOUT })
    .default(DEFAULT_ACTIVITY_TIMEOUT_S),
  webhook: z.strictObject({ url, events }, { error: 'must be an object' }).optional(),
});

const File = z.strictObject({ apps: z.array(App, { error: 'must be a list' }) });

type FileApp = z.infer<typeof App>;

/**
 * Reads the apps of Pusher's protocol, JSON or YAML in UTF-8. Without the setting there are none.
 * Throws ConfigError with all faults, none of which shows a value of the file.
 */
export function loadPusherApps({
  pusherApps: file,
}: Config<(typeof PUSHER_SETTINGS)[number]>): PusherApps {
  const text = file === undefined ? undefined : readOptionsFile(file, false);
  if (file === undefined || text === undefined) return NO_PUSHER_APPS;
  const result = File.safeParse(parse(file, text));
  const faults = result.success
    ? contradictions(result.data.apps)
    : result.error.issues.flatMap(describeIssue);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `${file}: ${fault}.`));
  return new PusherApps((result.data?.apps ?? []).map(toApp));
}

function parse(file: string, text: string): unknown {
  try {
    return parseYaml(text, { logLevel: 'error' });
  } catch (error) {
    // The message itself may quote the file.
    const at = error instanceof YAMLParseError ? error.linePos?.[0] : undefined;
    const where = at === undefined ? '' : `: see line ${at.line}`;
    const form = /\.json$/i.test(file) ? 'JSON' : 'YAML';
    throw new ConfigError([`${file} is not ${form}${where}.`]);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const within = path === '' ? '' : ` in ${path}`;
    return issue.keys.map(
      (key) => `unknown field${/^[a-z_]{1,32}$/.test(key) ? ` ${key}` : ''}${within}`,
    );
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    return [path === '' ? 'the whole file must be an object' : `${path} must be an object`];
  }
  return [`${path} ${issue.message}`];
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

function contradictions(apps: readonly FileApp[]): string[] {
  const faults: string[] = [];
  for (const [i, app] of apps.entries()) {
    if (app.webhook?.events.includes('subscription_count') && !app.subscription_count) {
      faults.push(
        `apps.${i}.webhook.events: subscription_count needs apps.${i}.subscription_count`,
      );
    }
    for (const [j, other] of apps.slice(0, i).entries()) {
      for (const field of ['id', 'key'] as const) {
        if (app[field] === other[field])
          faults.push(`apps.${i}.${field} is that of apps.${j}, too`);
      }
      if (areMixed(app.channel_prefix, other.channel_prefix)) {
        faults.push(
          `apps.${j} and apps.${i} need a channel_prefix each, neither of which begins with the other: ` +
            'otherwise they share channels',
        );
      }
    }
  }
  return faults;
}

function areMixed(prefix: string, other: string): boolean {
  return prefix.startsWith(other) || other.startsWith(prefix);
}

function toApp({ secret, webhook, ...app }: FileApp): PusherApp {
  const options = {
    id: app.id,
    key: app.key,
    isEnabled: app.enabled,
    channelPrefix: app.channel_prefix,
    clientEvents: app.client_events,
    subscriptionCount: app.subscription_count,
    activityTimeoutS: app.activity_timeout_s,
    ...(webhook && { webhook: { url: new URL(webhook.url), events: new Set(webhook.events) } }),
  };
  return new PusherApp(options, secret);
}
