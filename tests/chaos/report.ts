import type { Gap, LoadFigures } from '@newswire/testkit';
import type { FaultKind, PastFault } from './faults.js';

/** Told gaps of one cause, that came during or shortly after the same faults. */
export interface GapGroup {
  readonly after: readonly FaultKind[];
  readonly cause: string;
  readonly gaps: number;
  readonly publications: number;
}

/** For so long after its end a fault may still have consequences. */
const AFTERMATH_MS = 5000;

/** The faults that a gap told at that time may come from. */
function faultsAround(faults: readonly PastFault[], atMs: number): FaultKind[] {
  const around = faults.filter(
    ({ beginMs, endMs }) => beginMs <= atMs && atMs <= endMs + AFTERMATH_MS,
  );
  return around.toSorted((a, b) => a.beginMs - b.beginMs).map(({ kind }) => kind);
}

export function groupGaps(gaps: readonly Gap[], faults: readonly PastFault[]): GapGroup[] {
  const groups = new Map<string, GapGroup>();
  for (const { cause, covered, atMs } of gaps) {
    const after = faultsAround(faults, atMs);
    const key = `${after.join()} ${cause}`;
    const known = groups.get(key) ?? { after, cause, gaps: 0, publications: 0 };
    const publications = known.publications + covered;
    groups.set(key, { ...known, gaps: known.gaps + 1, publications });
  }
  return [...groups.values()].toSorted((a, b) => b.gaps - a.gaps);
}

/** Lines like `delivered: 1234`, nested ones indented. */
export function print(title: string, value: object): void {
  process.stdout.write(`\n${title}\n${lines(value, '  ').join('\n')}\n`);
}

function lines(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([name, each]) => {
    if (typeof each !== 'object' || each === null) return [`${indent}${name}: ${each}`];
    const isFlat = Object.values(each as object).every((inner) => typeof inner !== 'object');
    if (Array.isArray(each) && each.length > 3)
      return [`${indent}${name}:`, ...each.map((item) => `${indent}  ${item}`)];
    if (isFlat) return [`${indent}${name}: ${flat(each as object)}`];
    return [`${indent}${name}:`, ...lines(each as object, `${indent}  `)];
  });
}

function flat(value: object): string {
  const parts = Object.entries(value).map(([name, each]) => {
    return Array.isArray(value) ? String(each) : `${name} ${each}`;
  });
  return parts.join(Array.isArray(value) ? '; ' : ', ');
}

/** All figures that matter of a run. */
export function summary({
  publisher,
  verdict,
  kinds,
  generations,
  rssMiB,
  faults,
}: LoadFigures): object {
  const used = Object.entries(kinds).filter(([, { delivered }]) => delivered > 0);
  return {
    publisher,
    verdict,
    ...Object.fromEntries(used),
    generations,
    'load MiB': rssMiB,
    wrong: faults,
  };
}
