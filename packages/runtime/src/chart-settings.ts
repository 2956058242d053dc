import { SETTINGS, type SettingKey } from './settings.js';

/**
 * Settings that the Helm chart sets itself, from other values, or that no process of the chart reads.
 * `publishedAt` is one of them because it could open /api/ without a key.
 */
const SET_BY_CHART: readonly SettingKey[] = [
  'bind',
  'host',
  'publishedAt',
  'port',
  'edgePort',
  'centerPort',
  'url',
  'brokerKind',
  'redisCaFile',
  'redisCertFile',
  'redisKeyFile',
  'edges',
  'delegatePort',
  'linkSecretFile',
  'token',
  'channelsFile',
  'pusherApps',
  'drainMs',
];

/** Settings in the chart's Secret only: the URL of Redis has a value of its own. */
const NOT_AMONG_SECRETS: readonly SettingKey[] = ['redisUrl'];

interface ChartSchema {
  readonly definitions: Readonly<
    Record<'settings' | 'secrets', { properties: Readonly<Record<string, object>> }>
  >;
}

/**
 * Renders the schema of the chart's values: `settings` has every setting that is not secret and
 * `secrets.values` every one that is, so that Helm finds misspelt names, and no secret becomes part
 * of a ConfigMap.
 */
export function renderChartSchema(current: string): string {
  const schema = JSON.parse(current) as ChartSchema;
  const keys = (Object.keys(SETTINGS) as SettingKey[]).filter((key) => !SET_BY_CHART.includes(key));
  const isSecret = (key: SettingKey) => 'secret' in SETTINGS[key];
  schema.definitions.settings.properties = describe(keys.filter((key) => !isSecret(key)));
  schema.definitions.secrets.properties = describe(
    keys.filter((key) => isSecret(key) && !NOT_AMONG_SECRETS.includes(key)),
  );
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function describe(keys: readonly SettingKey[]): Record<string, object> {
  const entries = keys.map((key) => {
    const { name, doc } = SETTINGS[key];
    return [name, { type: ['string', 'integer'], description: doc }] as const;
  });
  return Object.fromEntries(entries);
}
