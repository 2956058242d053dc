import { find, type Manifest } from './helm.js';

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
}

interface EnvSource {
  readonly configMapRef?: { readonly name: string };
  readonly secretRef?: { readonly name: string };
}

/** The parts of a container that tests read. */
export interface Container {
  readonly image: string;
  readonly command: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly EnvEntry[];
  readonly envFrom: readonly EnvSource[];
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
  readonly livenessProbe: { readonly httpGet: { readonly path: string } };
  readonly startupProbe: { readonly httpGet: { readonly path: string } };
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } };
}

/** Returns the container of a workload. */
export function getContainer(manifest: Manifest): Container {
  const [container] = manifest.spec.template.spec.containers as [Container];
  return container;
}

/**
 * Returns the environment that Kubernetes would give to the edges or to center: of the chart's own
 * ConfigMap and Secret, and the variables of the container. Secrets that only the cluster has are left
 * out.
 */
export function readContainerEnvironment(
  manifests: readonly Manifest[],
  component: 'edge' | 'center',
): Record<`NEWSWIRE_${string}`, string> {
  const { env = [], envFrom } = getContainer(find(manifests, 'Deployment', `-${component}`));
  const byName = (kind: string, name: string) =>
    manifests.find((each) => each.kind === kind && each.metadata.name === name)?.data ?? {};
  const sources = envFrom.map(({ configMapRef, secretRef }) =>
    configMapRef
      ? byName('ConfigMap', configMapRef.name)
      : decode(byName('Secret', secretRef?.name ?? '')),
  );
  const own = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
  return Object.assign({}, ...sources, Object.fromEntries(own)) as Record<string, string>;
}

function decode(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
  );
}
