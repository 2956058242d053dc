import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { SETTINGS, type Config, type Setting, type SettingKey } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every fault of a configuration, one sentence each. Services print them and exit with 2. */
export class ConfigError extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.name = 'ConfigError';
    this.sentences = sentences;
  }
}

/** The process' environment, but for empty values, over the `.env` file beside it if there is one. */
export function readEnvironment(
  file = '.env',
  environment: Environment = process.env,
): Environment {
  const set = Object.entries(environment).filter(([, value]) => value !== '');
  return { ...readDotenv(file), ...Object.fromEntries(set) };
}

function readDotenv(file: string): Environment {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError([`${file} cannot be read: ${(error as Error).message}.`]);
  }
}

/**
 * Reads the named settings. An empty value counts as unset. Throws ConfigError for bad values
 * among them, and for any NEWSWIRE_* name that no service knows.
 */
export function loadConfig<const K extends SettingKey>(
  keys: readonly K[],
  environment: Environment,
): Config<K> {
  const faults = unknownNames(environment);
  const config: Partial<Record<SettingKey, unknown>> = {};
  for (const key of new Set(keys)) {
    const setting: Setting<unknown> = SETTINGS[key];
    const raw = environment[setting.name] || setting.fallback;
    if (raw === undefined) continue;
    const result = setting.schema.safeParse(raw);
    if (result.success) config[key] = result.data;
    else faults.push(badValue(setting, raw));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config as Config<K>;
}

function badValue({ name, expects, secret }: Setting<unknown>, raw: string): string {
  const shown = secret ? '' : `, not ${JSON.stringify(raw)}`;
  return `${name} must be ${expects}${shown}.`;
}

function unknownNames(environment: Environment): string[] {
  const known = Object.values(SETTINGS).map(({ name }): string => name);
  return Object.keys(environment)
    .filter((name) => name.startsWith('NEWSWIRE_') && !known.includes(name))
    .map((name) => `${name} is not a setting: ${hintFor(name, known)}`);
}

function hintFor(name: string, known: readonly string[]): string {
  const byDistance = known
    .map((candidate) => ({ candidate, distance: editDistance(candidate, name) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [nearest] = byDistance;
  return nearest !== undefined && nearest.distance <= 3
    ? `did you mean ${nearest.candidate}?`
    : 'docs/configuration.md lists them.';
}

/** Levenshtein's distance: how many letters to insert, remove or change. */
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
