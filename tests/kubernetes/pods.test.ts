import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freePort,
  missingPrograms,
  NewswireProcess,
  RedisServer,
  spawnService,
} from '@newswire/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { getContainer, readContainerEnvironment } from './environment.js';
import { find, renderChart, valuesArgument } from './helm.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'newswire-pods-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** There is no network of pods here: everything is on this machine. */
const HERE = { NEWSWIRE_HOST: '127.0.0.1' };

async function port(service: 'EDGE' | 'CENTER'): Promise<Record<`NEWSWIRE_${string}`, string>> {
  return { [`NEWSWIRE_${service}_PORT`]: String(await freePort()) };
}

async function publish(center: NewswireProcess, headers: Record<string, string>): Promise<number> {
  const body = JSON.stringify({ channel: 'sports:1', data: 'hello' });
  const response = await fetch(`${center.url}/api/publish`, { method: 'POST', body, headers });
  return response.status;
}

async function expectClosedWithoutKey(center: NewswireProcess): Promise<void> {
  expect(await publish(center, {})).toBe(401);
  expect(await publish(center, { 'X-API-Key': 'not-a-key-0123456789' })).toBe(200);
}

async function expectToStop(...processes: readonly NewswireProcess[]): Promise<void> {
  const exits = await Promise.all(processes.map((each) => each.stop()));
  expect(exits).toEqual(processes.map(() => ({ code: 0, signal: null })));
}

describe.skipIf(missingPrograms('helm').length > 0)('the processes of the pods (need helm)', () => {
  test('become ready without Redis, when center reaches the edge', async () => {
    const manifests = renderChart(valuesArgument('delegate'), '--set', 'edge.drainMs=200');
    const links = { NEWSWIRE_DELEGATE_PORT: String(await freePort()) };
    const edge = await NewswireProcess.start(
      'edge',
      {
        ...readContainerEnvironment(manifests, 'edge'),
        ...HERE,
        ...links,
        ...(await port('EDGE')),
      },
      { untilReady: false },
    );
    // Hence the Service that has the addresses of unready edges, too.
    const { path } = getContainer(find(manifests, 'Deployment', '-edge')).readinessProbe.httpGet;
    expect(await edge.status(path)).toBe(503);
    const center = await NewswireProcess.start('center', {
      ...readContainerEnvironment(manifests, 'center'),
      ...HERE,
      NEWSWIRE_EDGES: `127.0.0.1:${links.NEWSWIRE_DELEGATE_PORT}`,
      ...(await port('CENTER')),
    });
    await expect.poll(() => edge.status(path), { timeout: 15_000 }).toBe(200);
    await expectClosedWithoutKey(center);
    await expectToStop(edge, center);
  });

  test.skipIf(missingPrograms('redis-server').length > 0)(
    'become ready with everything: the Redis of the chart, its files and settings (needs redis-server)',
    async () => {
      const manifests = renderChart(valuesArgument('everything'), '--set', 'edge.drainMs=200');
      const { command } = getContainer(find(manifests, 'StatefulSet', '-redis'));
      const redis = await RedisServer.start(...command.slice(1, command.indexOf('--dir')));
      const files = {
        NEWSWIRE_CHANNELS_FILE: join(FOLDER, 'channels.yaml'),
        NEWSWIRE_PUSHER_APPS: join(FOLDER, 'pusher-apps.json'),
      };
      const { data } = find(manifests, 'ConfigMap', '-channels');
      writeFileSync(files.NEWSWIRE_CHANNELS_FILE, data?.['channels.yaml'] ?? '');
      const apps = { apps: [{ id: '1', key: 'app-key', secret: 'not-a-secret-0123456789' }] };
      writeFileSync(files.NEWSWIRE_PUSHER_APPS, JSON.stringify(apps));

      const changes = { ...HERE, ...files, NEWSWIRE_REDIS_URL: redis.url };
      const edge = await NewswireProcess.start('edge', {
        ...readContainerEnvironment(manifests, 'edge'),
        ...changes,
        ...(await port('EDGE')),
      });
      const center = await NewswireProcess.start('center', {
        ...readContainerEnvironment(manifests, 'center'),
        ...changes,
        ...(await port('CENTER')),
      });
      expect([await edge.status('/readyz'), await center.status('/readyz')]).toEqual([200, 200]);
      await expectClosedWithoutKey(center);
      await expectToStop(edge, center);
      await redis.stop();
    },
  );

  test('would not start with the variables that Kubernetes adds for Services', async () => {
    const manifests = renderChart();
    const { name } = find(manifests, 'Service', '-edge').metadata;
    const prefix = name.toUpperCase().replaceAll('-', '_') as 'NEWSWIRE_EDGE';
    const links = {
      [`${prefix}_SERVICE_HOST`]: '10.0.0.1',
      [`${prefix}_PORT`]: 'tcp://10.0.0.1:9901',
    };
    const environment = { ...readContainerEnvironment(manifests, 'edge'), ...HERE, ...links };
    const edge = spawnService('edge', environment);
    expect(await edge.exited).toEqual({ code: 2, signal: null });
    expect(edge.stderr).toContain('NEWSWIRE_EDGE_SERVICE_HOST');
  });
});
