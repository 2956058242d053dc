import type { z } from 'zod';
import { ConfigError } from './config-error.js';
import { readEnvFile } from './env-file.js';
import { SETTINGS, type Config, type Setting, type SettingKey } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Merges the process' environment with the `.env` file in the working directory, if there is one.
 * The environment takes precedence, but a value in the file replaces an empty one. Throws
 * ConfigError as `readEnvFile` does.
 */
export function readEnvironment(
  file = '.env',
  environment: Environment = process.env,
): Environment {
  return { ...environment, ...readEnvFile(file), ...withoutEmptyValues(environment) };
}

/**
 * Removes empty values: for programs in which no empty setting removes a protection, like the
 * command line.
 */
export function withoutEmptyValues(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/**
 * Reads the named settings. An empty value counts as unset, except for settings that protect: there
 * it is a fault. Throws ConfigError for bad values among them, and for any NEWSWIRE_* name that no
 * service knows.
 */
export function loadConfig<const K extends SettingKey>(
  keys: readonly K[],
  environment: Environment,
): Config<K> {
  const faults = unknownNames(environment);
  const config: Partial<Record<SettingKey, unknown>> = {};
  for (const key of new Set(keys)) {
    const setting: Setting<unknown> = SETTINGS[key];
    if (setting.protects && environment[setting.name] === '') faults.push(emptyValue(setting));
    const raw = environment[setting.name] || setting.fallback;
    if (raw === undefined) continue;
    const result = setting.schema.safeParse(raw);
    if (result.success) config[key] = result.data;
    else faults.push(badValue(setting, raw, describeError(result.error)));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config as Config<K>;
}

function badValue(
  { name, expects, secret }: Setting<unknown>,
  raw: string,
  reason: string | undefined,
): string {
  if (secret) return `${name} must be ${expects}.`;
  const because = reason === undefined ? '' : `: ${reason}`;
  return `${name} must be ${expects}, not ${JSON.stringify(raw)}${because}.`;
}

/** The reason that a setting's schema gives, if any, in addition to what it expects. */
function describeError({ issues }: z.ZodError): string | undefined {
  for (const issue of issues) {
    const reason: unknown = issue.code === 'custom' ? issue.params?.['reason'] : undefined;
    if (typeof reason === 'string') return reason;
  }
  return undefined;
}

/** `SECRET=$other` is empty if `other` is not set. That must not remove the protection. */
function emptyValue({ name }: Setting<unknown>): string {
  return `${name} is empty: give it a value, or remove it. If its value in .env contains a $, put it in single quotes.`;
}

function unknownNames(environment: Environment): string[] {
  const known = Object.values(SETTINGS).map(({ name }): string => name);
  return Object.keys(environment)
    .filter((name) => /^newswire[_-]/i.test(name) && !known.includes(name))
    .map((name) => `${name} is not a setting: ${hintFor(name, known)}`);
}

function hintFor(name: string, known: readonly string[]): string {
  const byDistance = known
    .map((candidate) => ({ candidate, distance: editDistance(candidate, name.toUpperCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [nearest] = byDistance;
  return nearest !== undefined && nearest.distance <= 3
    ? `did you mean ${nearest.candidate}?`
    : 'docs/configuration.md lists them.';
}

/** The Levenshtein distance: how many letters to insert, remove or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
