import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig, SETTINGS } from '@newswire/runtime';
import { ROOT } from '@newswire/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { createProject } from './compose.js';

const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'newswire-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Service {
  readonly environment: Readonly<Record<string, string | null>>;
  readonly ports?: readonly { readonly host_ip: string; readonly published: string }[];
  readonly volumes: readonly { readonly type: string; readonly source: string }[];
}

type Environment = Readonly<Record<string, string>>;

/** What Compose makes of docker-compose.yml. Rejects with its sentence. */
async function services(shell: Environment, envFile: Environment = {}) {
  const file = join(folder, '.env');
  const lines = Object.entries(envFile).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(file, lines.join(''));
  const args = ['compose', '--env-file', file, 'config', '--format', 'json'];
  const options = { cwd: ROOT, env: { PATH: process.env['PATH'] ?? '', ...shell } };
  const { stdout } = await run('docker', args, options);
  return (JSON.parse(stdout) as { services: Record<'edge' | 'center' | 'nginx', Service> })
    .services;
}

/** Set by docker-compose.yml itself, as docs/configuration.md says. */
const OWN = {
  NEWSWIRE_HOST: '0.0.0.0',
  NEWSWIRE_PUBLISHED_AT: '127.0.0.9',
  NEWSWIRE_EDGE_PORT: '9901',
  NEWSWIRE_CENTER_PORT: '9921',
  NEWSWIRE_URL: 'http://nginx:9900',
  NEWSWIRE_REDIS_URL: 'redis://redis:6379',
  NEWSWIRE_EDGES: 'edge:9911',
  NEWSWIRE_DELEGATE_PORT: '9911',
  NEWSWIRE_LINK_SECRET_FILE: '/var/lib/newswire/link-secret',
  NEWSWIRE_CHANNELS_FILE: '/etc/newswire/channels',
  NEWSWIRE_PUSHER_APPS: '/etc/newswire/pusher-apps',
};

describe('Compose passes on every setting', () => {
  const names = Object.values(SETTINGS).map(({ name }): string => name);
  const set = {
    ...Object.fromEntries(names.map((name) => [name, `the value of ${name}`])),
    NEWSWIRE_BIND: '127.0.0.9',
    NEWSWIRE_PORT: '9876',
    NEWSWIRE_BROKER: 'delegate',
  };

  test.each([
    ['the shell', set, {}],
    ['.env', {}, set],
    ['the shell, over .env', set, Object.fromEntries(names.map((name) => [name, '9999']))],
  ])('from %s', async (_, shell, envFile) => {
    const { edge, center } = await services(shell, envFile);
    for (const { environment } of [edge, center]) {
      expect(environment).toMatchObject({ ...set, ...OWN });
    }
  });

  test('and none that is not set', async () => {
    const { edge } = await services({});
    const passed = Object.entries(edge.environment).filter(([, value]) => value !== null);
    expect(Object.fromEntries(passed)).toEqual({
      ...OWN,
      NEWSWIRE_PUBLISHED_AT: '127.0.0.1',
      NEWSWIRE_TRUSTED_PROXIES: '172.16.0.0/12',
      NEWSWIRE_LOG_FORMAT: 'json',
    });
  });

  test('an empty value of a setting that protects arrives, and so stops the start', async () => {
    const { edge } = await services({ NEWSWIRE_TOKEN_HMAC_SECRET: '' });
    const environment = { NEWSWIRE_TOKEN_HMAC_SECRET: null, ...edge.environment };
    expect(environment.NEWSWIRE_TOKEN_HMAC_SECRET).toBe('');
    expect(() => loadConfig(['tokenHmacSecret'], { NEWSWIRE_TOKEN_HMAC_SECRET: '' })).toThrow(
      'NEWSWIRE_TOKEN_HMAC_SECRET is empty',
    );
  });
});

describe('NEWSWIRE_BIND means the same as in the embedded server', () => {
  test.each(['127.0.0.1', '127.0.0.9', '0.0.0.0', '::1', '::'])('%s', async (bind) => {
    const { edge, nginx } = await services({ NEWSWIRE_BIND: bind });
    expect([edge, nginx].map(({ ports }) => ports?.map(({ host_ip }) => host_ip))).toEqual([
      [bind],
      [bind],
    ]);
    expect(loadConfig(['bind'], { NEWSWIRE_BIND: bind })).toEqual({ bind });
  });

  test.each(['[::1]', 'nowhere', '127.0.0.1:80', '127.0.0.256'])('%s is refused', async (bind) => {
    await expect(services({ NEWSWIRE_BIND: bind })).rejects.toThrow(/[Ii]nvalid ip address/);
    expect(() => loadConfig(['bind'], { NEWSWIRE_BIND: bind })).toThrow(
      'NEWSWIRE_BIND must be an IP address or localhost',
    );
  });

  test('localhost by make up; docker compose up refuses it in one sentence', async () => {
    await expect(services({ NEWSWIRE_BIND: 'localhost' })).rejects.toThrow(
      /[Ii]nvalid ip address: localhost/,
    );
  });
});

describe('NEWSWIRE_CHANNELS_FILE is a file on this machine', () => {
  test.each([
    ['channels.yaml', `${ROOT}channels.yaml`],
    ['./channels.json', `${ROOT}channels.json`],
    ['a b/channels.yml', `${ROOT}a b/channels.yml`],
    ['/etc/channels.json', '/etc/channels.json'],
  ])('%s', async (file, source) => {
    const { edge, center } = await services({ NEWSWIRE_CHANNELS_FILE: file });
    for (const { volumes } of [edge, center]) {
      expect(volumes).toContainEqual(expect.objectContaining({ type: 'bind', source }));
    }
  });

  test.each([
    ['missing.yaml', `${ROOT}missing.yaml`],
    ['./missing.json', `${ROOT}missing.json`],
    ['/nowhere/missing.yaml', '/nowhere/missing.yaml'],
    ['', '/dev/null, NEWSWIRE_CHANNELS_FILE is empty'],
  ])('a missing "%s" is one clear sentence, and nothing is created', async (file, path) => {
    const compose = createProject('newswire-settings-test', { NEWSWIRE_CHANNELS_FILE: file });
    try {
      await expect(compose('create', 'edge')).rejects.toThrow(
        `bind source path does not exist: ${path}`,
      );
      expect(existsSync(path)).toBe(false);
      expect(await compose('ps', '--all', '--quiet', 'edge')).toBe('');
    } finally {
      await compose('down', '--volumes');
    }
  });
});
