import { renderComposeTable } from './compose-settings.js';
import { SETTINGS, type Setting } from './settings.js';

const INTRODUCTION = `# Configuration

Settings come from the environment, and from a \`.env\` file in the working directory for what the environment leaves
out. An empty value counts as unset, but stops the start where the setting protects something: a key for tokens, the API
key, the connect hook, the channels file. Every service accepts the names of all services, so that one \`.env\` serves the
whole stack; an unknown \`NEWSWIRE_*\` name or a bad value ends a service at start with one sentence and exit code 2.

\`.env\` is UTF-8 text. Docker Compose reads it too, by other rules, so a line that the two would read differently stops
the start: \`#\`, \`$\` and escapes belong in single quotes. A name may be set once.

This page, \`.env.example\` and the settings in \`docker-compose.yml\` are written from the code
(\`packages/runtime/src/settings.ts\`) by its tests.

| name | default | must be | what it is for |
| --- | --- | --- | --- |
`;

const COMPOSE = `
docker-compose.yml passes on every setting, from the shell or from \`.env\`, except for these, which it sets itself:

${renderComposeTable()}
Compose itself reads a few more from the environment or \`.env\`:

| name | default | what it is for |
| --- | --- | --- |
| \`EDGE_NOFILE\` | 20000 | Open files each edge and Nginx may have: an edge takes one a client, Nginx two. |
| \`REDIS_MAXMEMORY\` | 256mb | What Redis may hold before publishing is refused. |
| \`REDIS_MEMORY\`, \`EDGE_MEMORY\`, \`CENTER_MEMORY\`, \`NGINX_MEMORY\`, \`K6_MEMORY\` | see docker-compose.yml | Memory limits of the containers. |
| \`HEALTH_INTERVAL\` | 5s | How often each container is probed. |
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
  return `# Copy to .env and uncomment what should differ. A clean clone needs none of it.\n\n${lines.join('\n')}`;
}

function all(): Setting<unknown>[] {
  return Object.values(SETTINGS);
}
