import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { programPath, ROOT } from '@newswire/testkit';
import { parseAllDocuments } from 'yaml';

export const CHART = `${ROOT}deploy/helm/newswire`;

/** A program that `go install` compiled knows no version of Kubernetes, so each command names one. */
const KUBERNETES = '--kube-version=1.34.0';

/** The parts of an object that tests read. All others are in `spec`. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- the schemas check it
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** The names of the files with values that the chart is checked with. */
export const VALUES = readdirSync(`${CHART}/ci`).map((name) => name.replace(/\.yaml$/, ''));

/** Returns helm's argument for one of `VALUES`. */
export function valuesArgument(name: string): string {
  return `--values=${CHART}/ci/${name}.yaml`;
}

/** Runs helm. Throws an error with its message if it fails. */
export function runHelm(...args: readonly string[]): string {
  const helm = programPath('helm');
  if (helm === undefined) throw new Error('helm is missing');
  return execFileSync(helm, [...args, KUBERNETES], { encoding: 'utf8', stdio: 'pipe' });
}

const rendered = new Map<string, string>();

/** Renders the chart as text. The same arguments are rendered once. */
export function renderText(...args: readonly string[]): string {
  const key = JSON.stringify(args);
  const text = rendered.get(key) ?? runHelm('template', 'newswire', CHART, ...args);
  rendered.set(key, text);
  return text;
}

/** Renders the chart. `args` are helm's own, such as `--set`. */
export function renderChart(...args: readonly string[]): Manifest[] {
  return readManifests(renderText(...args));
}

/** Reads the documents of a YAML file. Throws if one is not YAML. */
export function readManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text);
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}

/** Returns the object of that kind with that end of its name. Throws if there is not exactly one. */
export function find(manifests: readonly Manifest[], kind: string, nameEnd: string): Manifest {
  const found = manifests.filter(
    (each) => each.kind === kind && each.metadata.name.endsWith(nameEnd),
  );
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`there are ${found.length} of ${kind} *${nameEnd}`);
  }
  return first;
}
