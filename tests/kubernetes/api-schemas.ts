import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ROOT } from '@newswire/testkit';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Manifest } from './helm.js';

/** The oldest version that Chart.yaml allows, and the newest one with schemas. */
export const KUBERNETES_VERSIONS = ['1.27', '1.37'];

/** The folder with schemas of Python's kubernetes-validate, which scripts/setup installs. */
function findFolder(): string | undefined {
  const lib = `${ROOT}.venv/lib`;
  const pythons = existsSync(lib) ? readdirSync(lib) : [];
  return pythons
    .map((name) => `${lib}/${name}/site-packages/kubernetes_validate/kubernetes-json-schema`)
    .find((path) => existsSync(path));
}

const FOLDER = findFolder();

export const hasApiSchemas = FOLDER !== undefined;

const text = { type: 'string', minLength: 1 };
const texts = { type: 'object', additionalProperties: { type: 'string' } };
const object = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const list = (items: object) => ({ type: 'array', items, minItems: 1 });
const custom = (apiVersion: string, kind: string, spec: object) =>
  object({
    apiVersion: { const: apiVersion },
    kind: { const: kind },
    metadata: object({ name: text, labels: texts, annotations: texts }, ['name', 'labels']),
    spec,
  });

/**
 * Kinds that are not part of Kubernetes, from their own documents: exactly the fields that the
 * chart uses. Other kinds without a schema are faults.
 */
const CUSTOM: Readonly<Record<string, object>> = {
  HTTPRoute: custom(
    'gateway.networking.k8s.io/v1',
    'HTTPRoute',
    object(
      {
        parentRefs: list(object({ name: text, namespace: text, sectionName: text }, ['name'])),
        hostnames: list(text),
        rules: list(
          object({
            matches: list(
              object({
                path: object({ type: { enum: ['Exact', 'PathPrefix'] }, value: { pattern: '^/' } }),
              }),
            ),
            timeouts: object({ request: { type: 'string', pattern: '^\\d+m?s$' } }),
            backendRefs: list(object({ name: text, port: { type: 'integer' } })),
          }),
        ),
      },
      ['parentRefs', 'rules'],
    ),
  ),
  ServiceMonitor: custom(
    'monitoring.coreos.com/v1',
    'ServiceMonitor',
    object({
      selector: object({
        matchLabels: texts,
        matchExpressions: list(
          object({ key: text, operator: { enum: ['In'] }, values: list(text) }),
        ),
      }),
      endpoints: list(object({ port: text, path: text, interval: text })),
    }),
  ),
};

/** Validates objects against the schemas of one version of Kubernetes. Unknown fields are faults. */
export class ApiSchemas {
  readonly #folder: string;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(version: string) {
    if (FOLDER === undefined) throw new Error('kubernetes-validate is missing');
    this.#folder = `${FOLDER}/v${version}.0-local-strict`;
    this.#ajv.addSchema(readSchema(`${this.#folder}/_definitions.json`));
  }

  /** Returns the object's faults, each with its place; empty if there are none. */
  findFaults(manifest: Manifest): string[] {
    const { apiVersion, kind } = manifest;
    const name = `${kind} ${manifest.metadata.name}`;
    const validate = this.#findValidator(apiVersion, kind);
    if (validate === undefined) return [`${name}: there is no schema for ${apiVersion}`];
    validate(manifest);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${name}: ${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  #findValidator(apiVersion: string, kind: string): ValidateFunction | undefined {
    const key = `${apiVersion} ${kind}`;
    const known = this.#validators.get(key);
    if (known) return known;
    const schema = CUSTOM[kind] ?? this.#readKind(apiVersion, kind);
    if (schema === undefined) return undefined;
    const validator = this.#ajv.compile(schema);
    this.#validators.set(key, validator);
    return validator;
  }

  /** networking.k8s.io/v1 Ingress is in ingress-networking-v1.json. */
  #readKind(apiVersion: string, kind: string): object | undefined {
    const group = apiVersion.replace(/^([^./]*)(\.[^/]*)?\//, '$1-');
    const file = `${this.#folder}/${kind.toLowerCase()}-${group}.json`;
    return existsSync(file) ? readSchema(file) : undefined;
  }
}

function readSchema(file: string): object {
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}
