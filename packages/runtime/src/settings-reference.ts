import { renderComposeTable } from './compose-settings.js';
import { SETTINGS, type Setting } from './settings.js';

const INTRODUCTION = `# Configuration

A process reads its settings from the environment, and from a \`.env\` file in the working directory. The environment takes
precedence. An empty value counts as unset, but prevents the start if the setting protects something: a key for tokens, their
audience or issuer, \`NEWSWIRE_ANONYMOUS\`, the API key, the connect hook, the channels file. Every service accepts the names of all services, so one \`.env\` serves the
whole stack. An unknown \`NEWSWIRE_*\` name or an invalid value ends a service at its start with one sentence and exit code 2.

\`.env\` is UTF-8 text. Docker Compose reads it by other rules. newswire refuses to start if a line has another value for
Compose: put values with \`#\`, \`$\` or escapes in single quotes. A name may be set once.

\`npx vitest run --project unit -u\` generates this page, \`.env.example\` and the settings in \`docker-compose.yml\` from the code
(\`packages/runtime/src/settings.ts\`).

| name | default | must be | description |
| --- | --- | --- | --- |
`;

const COMPOSE = `
docker-compose.yml passes on every setting from the shell or from \`.env\`, except for these, which it sets itself:

${renderComposeTable()}
Compose itself reads a few more from the environment or \`.env\`:

| name | default | description |
| --- | --- | --- |
| \`EDGE_NOFILE\` | 20000 | Maximum number of open files of each edge and of Nginx. An edge needs one per client, Nginx two. |
| \`REDIS_MAXMEMORY\` | 256mb | Maximum memory for data in Redis. If it is full, publishing is refused. |
| \`REDIS_MEMORY\`, \`EDGE_MEMORY\`, \`CENTER_MEMORY\`, \`NGINX_MEMORY\`, \`K6_MEMORY\` | see docker-compose.yml | Memory limits of the containers. |
| \`HEALTH_INTERVAL\` | 5s | Interval of the health checks of each container. |
`;

/** Renders the whole docs/configuration.md. */
export function renderConfigurationPage(): string {
  const rows = all().map(
    ({ name, fallback = '', expects, doc }) =>
      `| \`${name}\` | ${fallback} | ${expects} | ${doc} |\n`,
  );
  return INTRODUCTION + rows.join('') + COMPOSE;
}

/**
 * Renders the whole .env.example: every setting as a comment, so that a copy of it changes nothing.
 */
export function renderEnvExample(): string {
  const lines = all().map(({ name, fallback = '', doc }) => `# ${doc}\n# ${name}=${fallback}\n`);
  return `# Copy this file to .env and uncomment the settings to change. All of them are optional.\n\n${lines.join('\n')}`;
}

function all(): Setting<unknown>[] {
  return Object.values(SETTINGS);
}
