import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { missingPrograms, programPath, ROOT } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { find, readManifests, renderText } from './helm.js';

const FOLDER = `${ROOT}deploy/kustomize`;

/** The objects of the chart's defaults, without the labels by which Helm finds its own. */
function renderBase(): string {
  const lines = renderText().split('\n');
  const ofHelm = /^# Source: |^\s+(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): /;
  return lines.filter((line) => !ofHelm.test(line)).join('\n');
}

// `npx vitest run --project integration tests/kubernetes -u` writes the file again.
test.skipIf(missingPrograms('helm').length > 0)(
  'the kustomize base is what the chart renders from its defaults (needs helm)',
  async () => {
    await expect(renderBase()).toMatchFileSnapshot(`${FOLDER}/base/newswire.yaml`);
  },
);

test('every file that a kustomization names exists, and its patches match objects of the base', () => {
  const base = readManifests(readFileSync(`${FOLDER}/base/newswire.yaml`, 'utf8'));
  const read = (folder: string) =>
    parse(readFileSync(`${FOLDER}/${folder}/kustomization.yaml`, 'utf8')) as {
      resources: string[];
      replicas?: { name: string }[];
    };
  for (const folder of ['base', 'example']) {
    for (const resource of read(folder).resources) {
      expect([resource, existsSync(`${FOLDER}/${folder}/${resource}`)]).toEqual([resource, true]);
    }
  }
  for (const { name } of read('example').replicas ?? []) find(base, 'Deployment', name);
});

describe.skipIf(missingPrograms('kustomize').length > 0)('the example (needs kustomize)', () => {
  test('adds the secrets, the settings and the image to the base', () => {
    const kustomize = programPath('kustomize') ?? '';
    const text = execFileSync(kustomize, ['build', `${FOLDER}/example`], { encoding: 'utf8' });
    const manifests = readManifests(text);
    const secret = manifests.find(({ kind }) => kind === 'Secret');
    expect(secret?.metadata.name).toMatch(/^newswire-secrets-/);
    for (const component of ['edge', 'center']) {
      const { spec } = find(manifests, 'Deployment', `-${component}`);
      expect(spec.template.spec.containers[0]).toMatchObject({
        image: 'registry.example.com/newswire:1',
        envFrom: [
          { configMapRef: { name: 'newswire-settings' } },
          { secretRef: { name: secret?.metadata.name } },
        ],
      });
    }
    expect(find(manifests, 'Deployment', '-edge').spec.replicas).toBe(5);
    expect(find(manifests, 'ConfigMap', '-settings').data).toHaveProperty(
      'NEWSWIRE_ALLOWED_ORIGINS',
    );
  });
});
