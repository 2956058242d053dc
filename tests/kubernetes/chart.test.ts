import { missingPrograms } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { ApiSchemas, hasApiSchemas, KUBERNETES_VERSIONS } from './api-schemas.js';
import { CHART, find, renderChart, runHelm, VALUES, valuesArgument } from './helm.js';

const isMissingHelm = missingPrograms('helm').length > 0;

describe.skipIf(isMissingHelm)('the chart (needs helm)', () => {
  test('has five files with values', () => {
    expect(VALUES.toSorted()).toEqual([
      'default',
      'delegate',
      'everything',
      'external-redis',
      'gateway',
    ]);
  });

  test.each(VALUES)('passes helm lint with %s', (name) => {
    expect(runHelm('lint', '--strict', CHART, valuesArgument(name))).toContain('0 chart(s) failed');
  });

  test.each([
    ['center.replicas=2', 'center.replicas must be 1'],
    ['center.replicas=0', 'center.replicas must be 1'],
    ['broker=delegate', 'NEWSWIRE_LINK_SECRET'],
    ['redis.inChart.enabled=false', 'there is no Redis'],
    ['redis.external.url=redis://redis:6379', 'set redis.inChart.enabled to false'],
    ['redis.external.url=http://redis', 'redis/external/url'],
    ['gateway.enabled=true', 'gateway.parentRefs'],
    ['settings.NEWSWIRE_HISTORY_SIZES=5', 'NEWSWIRE_HISTORY_SIZES'],
    ['settings.NEWSWIRE_API_KEY=not-a-key-0123456789', 'NEWSWIRE_API_KEY'],
    ['settings.NEWSWIRE_PUBLISHED_AT=127.0.0.1', 'NEWSWIRE_PUBLISHED_AT'],
    ['settings.NEWSWIRE_ANONYMOUS=true', 'got boolean'],
    ['edge.replica=3', "'replica' not allowed"],
  ])('refuses %s', (value, message) => {
    expect(() => renderChart('--set', value)).toThrow(message);
  });
});

describe.skipIf(isMissingHelm || !hasApiSchemas)(
  'the schemas of Kubernetes (need helm and kubernetes-validate)',
  () => {
    describe.each(KUBERNETES_VERSIONS)('of version %s', (version) => {
      const schemas = new Map<string, ApiSchemas>();
      const findFaults = (manifests: Parameters<ApiSchemas['findFaults']>[0][]) => {
        const known = schemas.get(version) ?? new ApiSchemas(version);
        schemas.set(version, known);
        return manifests.flatMap((manifest) => known.findFaults(manifest));
      };

      test.each(VALUES)('allow all objects of %s', (name) => {
        const manifests = renderChart(valuesArgument(name));
        expect(manifests.length).toBeGreaterThan(6);
        expect(findFaults(manifests)).toEqual([]);
      });

      test('refuse unknown fields, wrong types and unknown kinds', () => {
        const manifests = renderChart();
        const edge = find(manifests, 'Deployment', '-edge');
        const broken = [
          { ...edge, spec: { ...edge.spec, replica: 3 } },
          { ...edge, spec: { ...edge.spec, replicas: 'three' } },
          { ...edge, spec: { ...edge.spec, selector: undefined } },
          { ...edge, kind: 'Deploiment' },
          { ...edge, apiVersion: 'extensions/v1beta1' },
        ];
        const faults = broken.map((manifest) => findFaults([JSON.parse(JSON.stringify(manifest))]));
        expect(faults.filter((each) => each.length === 0)).toEqual([]);
        expect(faults[0]?.[0]).toContain('"additionalProperty":"replica"');
      });
    });
  },
);
