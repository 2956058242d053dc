import { SETTINGS, type SettingKey } from './settings.js';

interface ComposeUse {
  /** In Compose's own syntax: `${NAME:-default}` is the setting's value, or a default. */
  readonly value: string;
  readonly reason: string;
}

/** Settings that docker-compose.yml sets itself. It passes all others on as they are. */
const SET_BY_COMPOSE: Partial<Record<SettingKey, ComposeUse>> = {
  host: {
    value: '0.0.0.0',
    reason: 'inside the container; the published ports determine which machines can connect',
  },
  publishedAt: {
    value: '${NEWSWIRE_BIND:-127.0.0.1}',
    reason: 'center requires an API key if other machines can connect',
  },
  edgePort: { value: '9901', reason: "the edge's port in its container" },
  centerPort: { value: '9921', reason: "center's port in its container" },
  url: {
    value: 'http://nginx:9900',
    reason: 'address of newswire for the command line in a container',
  },
  redisUrl: { value: 'redis://redis:6379', reason: "the stack's own Redis" },
  edges: { value: 'edge:9911', reason: 'the name resolves to the addresses of all edges' },
  delegatePort: { value: '9911', reason: 'the port that NEWSWIRE_EDGES names' },
  linkSecretFile: {
    value: '/var/lib/newswire/link-secret',
    reason: 'in a volume; the first process creates it',
  },
  trustedProxies: {
    value: '${NEWSWIRE_TRUSTED_PROXIES:-172.16.0.0/12}',
    reason: "Nginx connects from the stack's network, which has these addresses",
  },
  channelsFile: {
    value: '/etc/newswire/channels',
    reason: 'that file of the host, or /dev/null',
  },
  pusherApps: {
    value: '/etc/newswire/pusher-apps',
    reason: 'that file of the host, or /dev/null',
  },
  logFormat: { value: '${NEWSWIRE_LOG_FORMAT:-json}', reason: 'containers have no terminal' },
};

const BEGIN = 'x-environment: &environment\n';
const END = '  # end\n';

/** Renders docker-compose.yml with a new environment block, which has every setting. */
export function renderComposeFile(current: string): string {
  const [before, rest] = split(current, BEGIN);
  const [, after] = split(rest, END);
  return before + BEGIN + environmentBlock() + END + after;
}

function environmentBlock(): string {
  const lines = (Object.keys(SETTINGS) as SettingKey[]).map((key) => {
    const use = SET_BY_COMPOSE[key];
    const value = use === undefined ? '' : ` '${use.value}' # ${use.reason}`;
    return `  ${SETTINGS[key].name}:${value}\n`;
  });
  return lines.join('');
}

/** For docs/configuration.md: the settings whose value is different in Compose. */
export function renderComposeTable(): string {
  const rows = (Object.keys(SET_BY_COMPOSE) as SettingKey[]).map((key) => {
    const { value = '', reason = '' } = SET_BY_COMPOSE[key] ?? {};
    return `| \`${SETTINGS[key].name}\` | \`${value}\` | ${reason} |\n`;
  });
  return `| name | value in the containers | reason |\n| --- | --- | --- |\n${rows.join('')}`;
}

function split(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`docker-compose.yml has no line ${JSON.stringify(marker.trim())}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}
