import { missingPrograms } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { find, renderChart, valuesArgument } from './helm.js';
import {
  chooseLocation,
  chooseRoute,
  readGatewayRoutes,
  readIngressRoutes,
  readLocations,
  samplePaths,
  type Target,
} from './routes.js';

const LOCATIONS = readLocations();

/** Paths of publishers. nginx.conf has no location for them, since center gets all that is left. */
const OF_CENTER = ['/api', '/api/publish', '/api/openapi.json', '/apps/1/events'];

/** Center has them, but only inside: an Ingress cannot refuse /metrics, so nothing of / is routed. */
const INSIDE = ['/', '/metrics', '/healthz', '/readyz', '/favicon.ico'];

/** Paths that resemble those of clients. */
const SIMILAR = ['/wss', '/ws/', '/ws/x', '/sse/x', '/emulation/x', '/connections', '/apis'];

/** A prefix matches its own element, too. Center and the edges both answer these with 404. */
const EXCEPTIONS = ['/connection', '/app'];

test('nginx.conf is read completely', () => {
  expect(LOCATIONS.length).toBeGreaterThan(4);
  const samples = LOCATIONS.flatMap(samplePaths);
  expect(samples).toEqual(
    expect.arrayContaining(['/ws', '/sse', '/connection/sse', '/connection/x', '/emulation']),
  );
  for (const location of LOCATIONS) {
    for (const path of samplePaths(location)) {
      expect([path, chooseLocation(LOCATIONS, path)]).toEqual([path, location.target]);
    }
  }
});

describe.skipIf(missingPrograms('helm').length > 0)('routes (need helm)', () => {
  const manifests = () => renderChart(valuesArgument('everything'));

  test.each([
    ['Ingress', readIngressRoutes],
    ['HTTPRoute', readGatewayRoutes],
  ])('the %s leads to the same processes as nginx.conf', (_, readRoutes) => {
    const routes = readRoutes(manifests());
    const ofEdges = LOCATIONS.filter(({ target }) => target === 'edge').flatMap(samplePaths);
    for (const path of [...ofEdges, '/connection/websocket', '/connection/http_stream']) {
      expect([path, chooseRoute(routes, path)]).toEqual([path, 'edge']);
      expect([path, chooseLocation(LOCATIONS, path)]).toEqual([path, 'edge']);
    }
    for (const path of OF_CENTER) {
      expect([path, chooseRoute(routes, path)]).toEqual([path, 'center']);
      expect([path, chooseLocation(LOCATIONS, path)]).toEqual([path, 'center']);
    }
    for (const path of [...INSIDE, ...SIMILAR]) {
      expect([path, chooseRoute(routes, path)]).toEqual([path, 'none']);
      expect(chooseLocation(LOCATIONS, path)).not.toBe('edge' satisfies Target);
    }
    // The other way round: the chart leads nothing to the edges that nginx.conf does not.
    for (const { path, isExact, target } of routes) {
      const sample = isExact || target === 'center' ? path : `${path}/x`;
      expect([sample, chooseLocation(LOCATIONS, sample)]).toEqual([sample, target]);
    }
    for (const path of EXCEPTIONS) {
      expect([path, chooseRoute(routes, path)]).toEqual([path, 'edge']);
      expect([path, chooseLocation(LOCATIONS, path)]).toEqual([path, 'center']);
    }
  });

  test('routes lead to ports of Services', () => {
    const all = manifests();
    for (const component of ['edge', 'center']) {
      const service = find(all, 'Service', `-${component}`);
      const { name, ports } = { name: service.metadata.name, ports: service.spec.ports };
      const ingress = find(all, 'Ingress', `-${component}`);
      const [{ http }] = ingress.spec.rules as [{ http: { paths: { backend: unknown }[] } }];
      expect(http.paths[0]?.backend).toEqual({
        service: { name, port: { number: ports[0].port } },
      });
      const rules = find(all, 'HTTPRoute', '').spec.rules as { backendRefs: unknown[] }[];
      expect(rules.flatMap(({ backendRefs }) => backendRefs)).toContainEqual({
        name,
        port: ports[0].port,
      });
    }
  });

  test('streams are neither buffered nor cut off', () => {
    const ingress = renderChart('--set', 'ingress.enabled=true');
    const prefix = 'nginx.ingress.kubernetes.io/';
    expect(find(ingress, 'Ingress', '-edge').metadata.annotations).toMatchObject({
      [`${prefix}proxy-buffering`]: 'off',
      [`${prefix}proxy-read-timeout`]: '3600',
      [`${prefix}proxy-send-timeout`]: '3600',
      [`${prefix}proxy-body-size`]: '2m',
    });
    const [edge, center] = find(manifests(), 'HTTPRoute', '').spec.rules as { timeouts: unknown }[];
    expect(edge?.timeouts).toEqual({ request: '0s' });
    expect(center?.timeouts).toEqual({ request: '30s' });
  });

  test('annotations of the values take precedence', () => {
    const name = 'nginx.ingress.kubernetes.io/proxy-body-size';
    const value = `ingress.annotations.${name.replaceAll('.', '\\.')}=9m`;
    const ingress = renderChart('--set', 'ingress.enabled=true', '--set-string', value);
    expect(find(ingress, 'Ingress', '-edge').metadata.annotations).toHaveProperty([name], '9m');
  });
});
