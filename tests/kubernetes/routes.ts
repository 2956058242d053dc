import { readFileSync } from 'node:fs';
import { ROOT } from '@newswire/testkit';
import type { Manifest } from './helm.js';

/** Where a request goes. `none`: it is refused before it reaches a process. */
export type Target = 'edge' | 'center' | 'none';

interface Location {
  readonly kind: 'exact' | 'prefix' | 'pattern';
  readonly path: string;
  readonly target: Target;
}

/** Reads the locations of nginx.conf, in their order. Named locations get no requests of clients. */
export function readLocations(): Location[] {
  const text = readFileSync(`${ROOT}nginx.conf`, 'utf8');
  const blocks = [...text.matchAll(/^ {8}location (?:(=|~) )?(\S+) \{\n(.*?)^ {8}\}/gms)];
  const locations = blocks.filter(([, , path = '']) => !path.startsWith('@'));
  return locations.map(([, sign, path = '', body = '']) => {
    const [, upstream] = /^\s+proxy_pass http:\/\/(edges|center);/m.exec(body) ?? [];
    const target = upstream === 'edges' ? 'edge' : upstream === 'center' ? 'center' : 'none';
    const kind = sign === '=' ? 'exact' : sign === '~' ? 'pattern' : 'prefix';
    return { kind, path, target };
  });
}

/** Chooses as Nginx does: an exact location, then the first pattern, then the longest prefix. */
export function chooseLocation(locations: readonly Location[], path: string): Target {
  const exact = locations.find((each) => each.kind === 'exact' && each.path === path);
  const pattern = locations.find(
    (each) => each.kind === 'pattern' && new RegExp(each.path).test(path),
  );
  const [prefix] = locations
    .filter((each) => each.kind === 'prefix' && path.startsWith(each.path))
    .toSorted((a, b) => b.path.length - a.path.length);
  return (exact ?? pattern ?? prefix)?.target ?? 'none';
}

/** Returns paths that a location serves: each alternative of a pattern, with something for `.*`. */
export function samplePaths({ kind, path }: Location): string[] {
  if (kind !== 'pattern') return [path];
  let samples = [path.replaceAll(/[\^$]/g, '')];
  // One group or question mark after the other.
  for (let i = 0; i < 10; i++) {
    samples = samples.flatMap((sample) => {
      const group = /\(([^()]*)\)(\?)?/.exec(sample);
      if (!group) return [sample];
      const [whole, alternatives = '', optional] = group;
      const choices = [...alternatives.split('|'), ...(optional ? [''] : [])];
      return choices.map((each) => sample.replace(whole, () => each));
    });
  }
  return samples.flatMap((sample) =>
    ['x', 'x/y'].map((rest) => sample.replaceAll(/\.[*+]/g, () => rest)),
  );
}

interface Route {
  readonly isExact: boolean;
  readonly path: string;
  readonly target: Target;
}

function targetOf(service: string): Target {
  return service.endsWith('-edge') ? 'edge' : service.endsWith('-center') ? 'center' : 'none';
}

/** Reads the paths of all Ingresses. */
export function readIngressRoutes(manifests: readonly Manifest[]): Route[] {
  interface Path {
    readonly path: string;
    readonly pathType: string;
    readonly backend: { readonly service: { readonly name: string } };
  }
  const ingresses = manifests.filter(({ kind }) => kind === 'Ingress');
  const paths = ingresses.flatMap(({ spec }) =>
    (spec.rules as { http: { paths: Path[] } }[]).flatMap(({ http }) => http.paths),
  );
  return paths.map(({ path, pathType, backend }) => ({
    isExact: pathType === 'Exact',
    path,
    target: targetOf(backend.service.name),
  }));
}

/** Reads the paths of all HTTPRoutes. */
export function readGatewayRoutes(manifests: readonly Manifest[]): Route[] {
  interface Rule {
    readonly matches: readonly {
      readonly path: { readonly type: string; readonly value: string };
    }[];
    readonly backendRefs: readonly { readonly name: string }[];
  }
  const routes = manifests.filter(({ kind }) => kind === 'HTTPRoute');
  return routes.flatMap(({ spec }) =>
    (spec.rules as Rule[]).flatMap(({ matches, backendRefs }) =>
      matches.map(({ path }) => ({
        isExact: path.type === 'Exact',
        path: path.value,
        target: targetOf(backendRefs[0]?.name ?? ''),
      })),
    ),
  );
}

/** Chooses as Ingress and Gateway API specify: an exact path, then the longest prefix of elements. */
export function chooseRoute(routes: readonly Route[], path: string): Target {
  const matching = routes.filter((route) =>
    route.isExact ? route.path === path : `${path}/`.startsWith(`${route.path}/`),
  );
  const [best] = matching.toSorted(
    (a, b) => Number(b.isExact) - Number(a.isExact) || b.path.length - a.path.length,
  );
  return best?.target ?? 'none';
}
