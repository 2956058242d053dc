import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publish, ROOT, SeedClient, subscribed } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);

const PORT = 9899; // beside the other tests' stack, on the same address
const URL = `http://localhost:${PORT}`;
const clone = join(mkdtempSync(join(tmpdir(), 'newswire-umask-')), 'newswire');

// As a user has it: what differs is in `.env` alone, with the values of an embedded server.
const ENV_FILE = `NEWSWIRE_BIND=localhost
NEWSWIRE_PORT=${PORT}
NEWSWIRE_CHANNELS_FILE=channels.yaml
COMPOSE_PROJECT_NAME=newswire-umask-test
`;

/** In the clone, with a user's environment. Rejects with its output if it fails. */
async function inClone(program: string, ...args: string[]): Promise<string> {
  const names = ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONFIG'];
  const env = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  const { stdout } = await run(program, args, { cwd: clone, env, maxBuffer: 1 << 26 });
  return stdout;
}

describe('a clone made under umask 077', () => {
  beforeAll(async () => {
    await run('sh', ['-c', 'umask 077 && exec git clone --quiet "$0" "$1"', ROOT, clone]);
    writeFileSync(join(clone, '.env'), ENV_FILE, { mode: 0o600 });
    const channels = join(clone, 'channels.yaml');
    writeFileSync(channels, 'namespaces: { closed: { subscribe: nobody } }\n');
    chmodSync(channels, 0o644);
    await inClone('make', '--no-print-directory', 'up');
  });
  afterAll(async () => {
    await inClone('docker', 'compose', 'down', '--volumes', '--timeout', '2');
    rmSync(join(clone, '..'), { recursive: true });
  });

  test('lets its owner alone read it', () => {
    expect(statSync(join(clone, 'nginx.conf')).mode & 0o777).toBe(0o600);
  });

  test('comes up with make up, and delivers on NEWSWIRE_BIND=localhost', async () => {
    const client = await SeedClient.open(`ws://localhost:${PORT}/ws`);
    client.send('sub#closed:1');
    expect((await client.received(1))[0]).toMatch(/^error#103#/);
    client.send('sub#open');
    await subscribed(URL, 'open', 1);
    await publish(URL, 'open', 'first');
    expect((await client.received(2))[1]).toBe('first');
    client.close();
  });

  test('edges use the channels file of a bare name', async () => {
    const file = await inClone(
      'docker',
      'compose',
      'exec',
      '-T',
      'edge',
      'cat',
      '/etc/newswire/channels',
    );
    expect(file).toContain('subscribe: nobody');
  });

  test('docker compose up brings it up as well', async () => {
    await inClone('docker', 'compose', 'down', '--timeout', '2');
    await inClone('sh', '-c', 'NEWSWIRE_BIND=127.0.0.1 docker compose up -d --wait');
    expect((await fetch(`${URL}/readyz`)).status).toBe(200);
  });

  test('a channels file that edges may not read is one clear sentence', async () => {
    chmodSync(join(clone, 'channels.yaml'), 0o600);
    const started = inClone(
      'sh',
      '-c',
      'NEWSWIRE_BIND=127.0.0.1 docker compose run --rm --no-deps center',
    );
    await expect(started).rejects.toThrow(
      "/etc/newswire/channels cannot be read: EACCES: permission denied, open '/etc/newswire/channels'. Its mode must let newswire's user read it (chmod a+r).",
    );
    chmodSync(join(clone, 'channels.yaml'), 0o644);
  });

  test('make up refuses what the embedded server refuses', async () => {
    appendFileSync(join(clone, '.env'), 'NEWSWIRE_API_KEY=hunter2hunter2#tail\n');
    await expect(inClone('make', 'up')).rejects.toThrow(
      'make up: .env, line 5, NEWSWIRE_API_KEY: Docker Compose would read another value than newswire.',
    );
    writeFileSync(join(clone, '.env'), ENV_FILE);
    await expect(inClone('env', 'NEWSWIRE_TOKEN_HMAC_SECERT=x', 'make', 'up')).rejects.toThrow(
      'make up: NEWSWIRE_TOKEN_HMAC_SECERT is not a setting',
    );
  });
});
