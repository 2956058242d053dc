import { readFileSync } from 'node:fs';
import { SETTINGS, type Setting } from '@newswire/runtime';
import { missingPrograms, ROOT } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { getContainer, readContainerEnvironment } from './environment.js';
import { find, renderChart, VALUES, valuesArgument } from './helm.js';

interface ComposeService {
  readonly command: string | readonly string[];
  readonly image: string;
}

const COMPOSE = parse(readFileSync(`${ROOT}docker-compose.yml`, 'utf8'), { merge: true }) as {
  services: Record<'edge' | 'center' | 'redis', ComposeService>;
};

const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);
const secretNames = settings.filter(({ secret }) => secret).map(({ name }) => name);

describe.skipIf(missingPrograms('helm').length > 0)('the objects of the chart (need helm)', () => {
  describe.each(VALUES)('with %s', (values) => {
    const manifests = () => renderChart(valuesArgument(values));
    const workloads = () =>
      manifests().filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

    test.each(['edge', 'center'] as const)(
      'every variable of %s is a valid setting',
      (component) => {
        const environment = readContainerEnvironment(manifests(), component);
        expect(environment).toHaveProperty('NEWSWIRE_BROKER');
        for (const [name, value] of Object.entries(environment)) {
          const setting = settings.find((each) => each.name === name);
          expect([name, setting?.schema.safeParse(value).success]).toEqual([name, true]);
        }
        const { env = [] } = getContainer(find(manifests(), 'Deployment', `-${component}`));
        const names = settings.map(({ name }) => name);
        expect(env.filter(({ name }) => !names.includes(name))).toEqual([]);
      },
    );

    test('no secret is in a ConfigMap', () => {
      const all = manifests();
      const secrets = Object.values(readContainerEnvironment(all, 'edge'));
      const configMaps = all.filter(({ kind }) => kind === 'ConfigMap');
      expect(configMaps.length).toBeGreaterThan(0);
      const names = configMaps.flatMap(({ data = {} }) => Object.keys(data));
      expect(names.filter((name) => secretNames.includes(name))).toEqual([]);
      const text = JSON.stringify(configMaps);
      expect(secrets.filter((value) => value.includes('not-a-') && text.includes(value))).toEqual(
        [],
      );
      expect(text).not.toContain('not-a-');
    });

    test('a missing Secret stops a pod: without its keys, an edge would accept everyone', () => {
      expect(JSON.stringify(manifests())).not.toContain('"optional"');
    });

    test('pods run without root and without privileges, on a read-only file system', () => {
      for (const { spec } of workloads()) {
        const pod = spec.template.spec;
        expect(pod.automountServiceAccountToken).toBe(false);
        // A Service newswire-edge would otherwise become NEWSWIRE_EDGE_PORT=tcp://….
        expect(pod.enableServiceLinks).toBe(false);
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(pod.containers[0].securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(pod.containers[0].resources).toHaveProperty('limits.memory');
      }
    });

    test('Services and selectors find exactly the pods of their component', () => {
      const all = manifests();
      const pods = workloads().map(({ spec }) => spec.template.metadata.labels as object);
      const selectors = all.flatMap(({ kind, spec }) => {
        if (kind === 'Service') return [spec.selector as object];
        if (kind === 'PodDisruptionBudget') return [spec.selector.matchLabels as object];
        if (kind === 'NetworkPolicy') return [spec.podSelector.matchLabels as object];
        return [];
      });
      expect(selectors.length).toBeGreaterThan(2);
      for (const selector of selectors) {
        const matching = pods.filter((labels) =>
          Object.entries(selector).every(
            ([key, value]) => (labels as Record<string, unknown>)[key] === value,
          ),
        );
        expect(matching).toHaveLength(1);
      }
    });

    test('ports, probes and commands are those of Compose', () => {
      const all = manifests();
      for (const [component, port] of [
        ['edge', 9901],
        ['center', 9921],
      ] as const) {
        const container = getContainer(find(all, 'Deployment', `-${component}`));
        expect(container.command).toEqual(COMPOSE.services[component].command);
        expect(container.ports[0]).toEqual({ name: 'http', containerPort: port });
        expect(readContainerEnvironment(all, component).NEWSWIRE_URL).toBe(
          `http://127.0.0.1:${port}`,
        );
        expect(container.readinessProbe.httpGet.path).toBe('/readyz');
        expect(container.livenessProbe.httpGet.path).toBe('/healthz');
        expect(container.startupProbe.httpGet.path).toBe('/healthz');
      }
    });

    test('there is one center at a time', () => {
      const { spec } = find(manifests(), 'Deployment', '-center');
      expect([spec.replicas, spec.strategy]).toEqual([1, { type: 'Recreate' }]);
    });

    test('an edge has the time for its drain', () => {
      const all = manifests();
      const { spec } = find(all, 'Deployment', '-edge');
      const { lifecycle } = getContainer(find(all, 'Deployment', '-edge'));
      const [sleep, seconds] = lifecycle?.preStop.exec.command ?? [];
      expect([sleep, Number(seconds)]).toEqual(['sleep', 5]);
      const drainMs = Number(readContainerEnvironment(all, 'edge').NEWSWIRE_DRAIN_MS);
      const needed = Number(seconds) + drainMs / 1000;
      const grace = spec.template.spec.terminationGracePeriodSeconds as number;
      expect(grace).toBeGreaterThanOrEqual(needed + 10);
      expect(grace).toBeLessThan(needed * 1.1 + 12);
    });

    test('only center reaches the links, and only edges and center reach Redis', () => {
      const policies = manifests().filter(({ kind }) => kind === 'NetworkPolicy');
      const sources = policies.flatMap(({ spec }) =>
        (spec.ingress as { ports: { port: string }[]; from: object[] }[]).map(({ ports, from }) => [
          ports[0]?.port,
          from.map((each) =>
            'podSelector' in each
              ? (each as { podSelector: { matchLabels: Record<string, string> } }).podSelector
                  .matchLabels['app.kubernetes.io/component']
              : 'listed',
          ),
        ]),
      );
      const expected: Record<string, string[]> = {
        http: ['listed'],
        links: ['center'],
        redis: ['edge', 'center'],
      };
      expect(policies.length).toBeGreaterThan(1);
      for (const [port, from] of sources) {
        expect([port, [...new Set(from as string[])]]).toEqual([port, expected[String(port)]]);
      }
    });
  });

  test('Redis of the chart is as in Compose', () => {
    const { command, image } = getContainer(find(renderChart(), 'StatefulSet', '-redis'));
    const compose = String(COMPOSE.services.redis.command).replace(
      '${REDIS_MAXMEMORY:-256mb}',
      '256mb',
    );
    expect([...command, ''].join(' ')).toBe(`${compose.replace('""', '').trim()} --dir /data `);
    expect(image).toBe(COMPOSE.services.redis.image);
  });

  test('an edge that is not ready yet has an address, so that center can reach it', () => {
    const manifests = renderChart(valuesArgument('delegate'));
    const links = find(manifests, 'Service', '-edge-links');
    expect(links.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    const { NEWSWIRE_EDGES } = readContainerEnvironment(manifests, 'center');
    expect(NEWSWIRE_EDGES).toBe(`${links.metadata.name}:${links.spec.ports[0].port}`);
    expect(manifests.filter(({ kind }) => kind === 'StatefulSet')).toEqual([]);
  });

  test.each([
    ['without the API of metrics', [], ['Resource']],
    ['with it', ['--api-versions', 'custom.metrics.k8s.io/v1beta1'], ['Resource', 'Pods']],
    [
      'if it is required',
      ['--set', 'edge.autoscaling.connections.enabled=true'],
      ['Resource', 'Pods'],
    ],
  ])('the autoscaler %s', (_, args, types) => {
    const manifests = renderChart('--set', 'edge.autoscaling.enabled=true', ...args);
    const { spec } = find(manifests, 'HorizontalPodAutoscaler', '-edge');
    expect((spec.metrics as { type: string }[]).map(({ type }) => type)).toEqual(types);
    expect(find(manifests, 'Deployment', '-edge').spec).not.toHaveProperty('replicas');
  });

  test('changed settings and secrets replace the pods', () => {
    const annotations = (...args: string[]) =>
      JSON.stringify(
        find(renderChart(...args), 'Deployment', '-edge').spec.template.metadata.annotations,
      );
    const before = annotations();
    expect(annotations('--set', 'settings.NEWSWIRE_RING_SIZE=1048576')).not.toBe(before);
    expect(annotations('--set', 'secrets.values.NEWSWIRE_API_KEY=0123456789abcdef')).not.toBe(
      before,
    );
    expect(annotations('--set', 'channels.unknown_namespaces=refuse')).not.toBe(before);
  });

  test('numbers stay whole numbers', () => {
    const manifests = renderChart('--set-json', 'settings={"NEWSWIRE_RING_BYTES":104857600}');
    const { NEWSWIRE_RING_BYTES } = readContainerEnvironment(manifests, 'edge');
    expect(NEWSWIRE_RING_BYTES).toBe('104857600');
  });
});
