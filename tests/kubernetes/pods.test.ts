import { freePort, missingPrograms, NewswireProcess } from '@newswire/testkit';
import { expect, test, describe } from 'vitest';
import { getContainer, readContainerEnvironment } from './environment.js';
import { find, renderChart, valuesArgument } from './helm.js';

describe.skipIf(missingPrograms('helm').length > 0)(
  'the processes of the pods (needs helm)',
  () => {
    test('become ready with the environment that the chart gives them, and stop in time', async () => {
      const manifests = renderChart(valuesArgument('delegate'), '--set', 'edge.drainMs=200');
      const linkPort = String(await freePort());
      // No names of Services and no network of pods here: everything is on this machine.
      const here = { NEWSWIRE_HOST: '127.0.0.1', NEWSWIRE_DELEGATE_PORT: linkPort };
      const edge = await NewswireProcess.start(
        'edge',
        { ...readContainerEnvironment(manifests, 'edge'), ...here, ...(await port('EDGE')) },
        { untilReady: false },
      );
      // The edge is not ready before center reaches it: hence the Service with unready addresses.
      const { path } = getContainer(find(manifests, 'Deployment', '-edge')).readinessProbe.httpGet;
      expect(await edge.status(path)).toBe(503);
      const center = await NewswireProcess.start('center', {
        ...readContainerEnvironment(manifests, 'center'),
        ...here,
        NEWSWIRE_EDGES: `127.0.0.1:${linkPort}`,
        ...(await port('CENTER')),
      });
      await expect.poll(() => edge.status(path), { timeout: 15_000 }).toBe(200);

      const body = JSON.stringify({ channel: '77707', data: 'hello' });
      const publish = async (headers: Record<string, string>) =>
        (await fetch(`${center.url}/api/publish`, { method: 'POST', body, headers })).status;
      expect(await publish({})).toBe(401);
      expect(await publish({ 'X-API-Key': 'not-a-key-0123456789' })).toBe(200);

      expect(await edge.stop()).toEqual({ code: 0, signal: null });
      expect(await center.stop()).toEqual({ code: 0, signal: null });
    });
  },
);

async function port(service: 'EDGE' | 'CENTER'): Promise<Record<`NEWSWIRE_${string}`, string>> {
  return { [`NEWSWIRE_${service}_PORT`]: String(await freePort()) };
}
