import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freePort,
  NewswireProcess,
  spawnService,
  type ServiceEnvironment,
} from '@newswire/testkit';
import { afterAll, describe, expect, test } from 'vitest';

type Service = Parameters<typeof spawnService>[0];

async function failure(service: Service, environment: ServiceEnvironment) {
  const process = spawnService(service, environment);
  const { code } = await process.exited;
  return { code, stderr: process.stderr };
}

describe('bad configuration ends a service with one clear sentence each and exit code 2', () => {
  const faults: [Service, ServiceEnvironment, string][] = [
    [
      'edge',
      { NEWSWIRE_EDGE_PORT: 'http' },
      'NEWSWIRE_EDGE_PORT must be a whole number from 0 to 65535, not "http".\n',
    ],
    [
      'center',
      { NEWSWIRE_REDIS_URL: 'localhost:6379:secret' },
      'NEWSWIRE_REDIS_URL must be a URL like redis://127.0.0.1:6379, or with a database redis://127.0.0.1:6379/1; write % in a password as %25.\n',
    ],
    [
      'standalone',
      { NEWSWIRE_LOG_LEVL: 'info', NEWSWIRE_BIND: 'everywhere' },
      'NEWSWIRE_LOG_LEVL is not a setting: did you mean NEWSWIRE_LOG_LEVEL?\n' +
        'NEWSWIRE_BIND must be an IP address or localhost, not "everywhere".\n',
    ],
  ];
  test.each(faults)('%s', async (service, environment, stderr) => {
    expect(await failure(service, environment)).toEqual({ code: 2, stderr });
  });

  test.each(['edge', 'center', 'standalone'] as const)(
    '%s accepts the names of all services, and a value it has no use for',
    async (service) => {
      const others = {
        edge: { NEWSWIRE_CENTER_PORT: 'x', NEWSWIRE_URL: 'x', NEWSWIRE_EDGES: 'x' },
        center: { NEWSWIRE_EDGE_PORT: 'x', NEWSWIRE_DRAIN_MS: 'x', NEWSWIRE_PING_INTERVAL_MS: 'x' },
        standalone: { NEWSWIRE_REDIS_URL: 'x', NEWSWIRE_EDGE_PORT: 'x', NEWSWIRE_URL: 'x' },
      }[service];
      const running = await NewswireProcess.start(service, others, { untilReady: false });
      expect(await running.stop()).toEqual({ code: 0, signal: null });
    },
  );
});

describe('a channels file that needs what no setting names ends a service that lets clients in', () => {
  const CHANNELS = {
    default: { subscribe: 'hook' },
    namespaces: {
      open: {},
      desk: { subscribe: 'token' },
      club: { publish: 'hook', sub_refresh: 'hook' },
    },
  };
  const folder = mkdtempSync(join(tmpdir(), 'newswire-config-'));
  const file = join(folder, 'channels.json');
  writeFileSync(file, JSON.stringify(CHANNELS));
  afterAll(() => rmSync(folder, { recursive: true }));

  const hook = 'subscribe is hook: it needs NEWSWIRE_SUBSCRIBE_HOOK_URL.\n';
  const token =
    'subscribe is token: it needs a key for tokens, such as NEWSWIRE_TOKEN_HMAC_SECRET.\n';

  test.each(['edge', 'standalone'] as const)('%s', async (service) => {
    const stderr =
      `The channels file's default.${hook}` +
      `The channels file's namespaces.desk.${token}` +
      "The channels file's namespaces.club.sub_refresh is hook: it needs NEWSWIRE_SUB_REFRESH_HOOK_URL.\n" +
      "The channels file's namespaces.club.publish is hook: it needs NEWSWIRE_PUBLISH_HOOK_URL.\n";
    const environment = { NEWSWIRE_CHANNELS_FILE: file };
    expect(await failure(service, environment)).toEqual({ code: 2, stderr });
  });

  test('but not with the settings it needs, nor center, which admits no clients', async () => {
    const settings = { NEWSWIRE_CHANNELS_FILE: file };
    const means = {
      NEWSWIRE_SUBSCRIBE_HOOK_URL: 'http://127.0.0.1:1/',
      NEWSWIRE_PUBLISH_HOOK_URL: 'http://127.0.0.1:1/',
      NEWSWIRE_SUB_REFRESH_HOOK_URL: 'http://127.0.0.1:1/',
      NEWSWIRE_TOKEN_HMAC_SECRET: 'a secret of at least 32 characters',
    };
    const running = [
      await NewswireProcess.start('standalone', { ...settings, ...means }),
      await NewswireProcess.start('center', settings, { untilReady: false }),
    ];
    for (const each of running) expect(await each.stop()).toEqual({ code: 0, signal: null });
  });
});

test('events without a webhook, and a webhook without a secret, are faults of the process that sends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'newswire-config-'));
  const file = join(folder, 'channels.json');
  const events = ['channel_vacated'];
  writeFileSync(file, JSON.stringify({ default: { events }, namespaces: { desk: { events } } }));
  const settings = {
    NEWSWIRE_CHANNELS_FILE: file,
    NEWSWIRE_WEBHOOK_EVENTS: 'client_connected',
  };
  const needed = 'is set: it needs NEWSWIRE_WEBHOOK_URL.\n';
  const stderr =
    `The channels file's default.events ${needed}` +
    `The channels file's namespaces.desk.events ${needed}` +
    `NEWSWIRE_WEBHOOK_EVENTS ${needed}`;
  for (const service of ['center', 'standalone'] as const) {
    expect(await failure(service, settings)).toEqual({ code: 2, stderr });
    expect(
      await failure(service, { ...settings, NEWSWIRE_WEBHOOK_URL: 'http://127.0.0.1:1/' }),
    ).toEqual({
      code: 2,
      stderr: 'NEWSWIRE_WEBHOOK_URL is set: it needs NEWSWIRE_WEBHOOK_SECRET.\n',
    });
  }
  const edge = await NewswireProcess.start('edge', settings, { untilReady: false });
  expect(await edge.stop()).toEqual({ code: 0, signal: null });
  rmSync(folder, { recursive: true });
});

test('a port that is taken is one clear sentence and exit code 1', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  expect(await failure('standalone', { NEWSWIRE_PORT: String(port) })).toEqual({
    code: 1,
    stderr: `cannot listen on 127.0.0.1:${port}: the port is in use, or the address does not belong to this machine\n`,
  });
  other.close();
});

describe('beyond loopback', () => {
  const KEY = 'a-long-enough-key';
  const publishTo = async (newswire: NewswireProcess, headers: Record<string, string>) => {
    const body = JSON.stringify({ channel: 'a', data: 1 });
    const response = await fetch(`${newswire.url}/api/publish`, { method: 'POST', headers, body });
    return { status: response.status, answer: await response.json() };
  };

  test.each([
    { NEWSWIRE_BIND: '0.0.0.0' },
    { NEWSWIRE_HOST: '0.0.0.0' },
    { NEWSWIRE_PUBLISHED_AT: '192.0.2.1' },
  ])('/api/ stays closed without a key: %o', async (environment) => {
    const newswire = await NewswireProcess.start('standalone', environment);
    expect(await publishTo(newswire, {})).toEqual({
      status: 401,
      answer: {
        error: {
          code: 101,
          message:
            'unauthorized: newswire can be reached from other machines: set NEWSWIRE_API_KEY to open /api/',
        },
      },
    });
    await newswire.stop();
    expect(newswire.process.stdout).toContain(
      '/api/ is closed: newswire can be reached from other machines',
    );
  });

  test('in a container whose port is published on loopback, /api/ is open', async () => {
    const newswire = await NewswireProcess.start('standalone', {
      NEWSWIRE_HOST: '0.0.0.0',
      NEWSWIRE_PUBLISHED_AT: '127.0.0.1',
    });
    expect((await publishTo(newswire, {})).status).toBe(200);
    await newswire.stop();
    expect(newswire.process.stdout).toContain(
      '/api/ is open without a key, to this machine only: NEWSWIRE_API_KEY is not set',
    );
  });

  test('with a key, only its holders publish, and it is not logged', async () => {
    const newswire = await NewswireProcess.start('standalone', {
      NEWSWIRE_BIND: '0.0.0.0',
      NEWSWIRE_API_KEY: KEY,
      NEWSWIRE_LOG_LEVEL: 'debug',
    });
    const accepted = { status: 200, answer: { result: expect.anything() } };
    expect(await publishTo(newswire, { 'X-API-Key': KEY })).toEqual(accepted);
    expect(await publishTo(newswire, { Authorization: `apikey ${KEY}` })).toEqual(accepted);
    for (const headers of [{}, { 'X-API-Key': 'wrong' }, { Authorization: KEY.slice(1) }]) {
      const refused = await publishTo(newswire, headers as Record<string, string>);
      expect(refused.status).toBe(401);
      expect(refused.answer).toMatchObject({ error: { code: 101 } });
    }
    await newswire.stop();
    expect(newswire.process.stdout).toContain('/api/ is open with the API key');
    expect(newswire.process.stdout + newswire.process.stderr).not.toContain(KEY);
  });
});
