import { BUSY_SHARE, STRANGE_SHARE, sumOf, type LoadResult } from '@newswire/load-harness';
import type { WorkId } from '../contender.js';
import type { ByContender, Comparison, ContenderInfo } from '../result.js';
import { spreadOfFinite } from './figures.js';
import { plain } from './markdown.js';
import { formatCount } from './numbers.js';
import { heldSteps } from './ladder.js';
import { POINT_WORKS } from './works.js';

/** All rounds of a contender at one setting. */
export interface Runs {
  readonly name: string;
  /** Such as `at 64`, or empty. */
  readonly where: string;
  readonly results: readonly LoadResult[];
}

export const isGeneratorBusy = (results: readonly LoadResult[]): boolean =>
  (spreadOfFinite(results.map((r) => r.generator_cpu_share))?.median ?? 0) > BUSY_SHARE;

export function runsOf(work: WorkId, { contenders, works }: Comparison): readonly Runs[] {
  const named = <T>(
    by: ByContender<T>,
    act: (info: ContenderInfo, rounds: readonly T[]) => Runs[],
  ) => contenders.flatMap((info) => act(info, by[info.id]?.rounds ?? []));
  if (work === 'sustained')
    return named(works.sustained ?? {}, ({ name }, rounds) => [
      { name, where: '', results: rounds.flatMap(heldSteps).map(({ result }) => result) },
    ]);
  if (work === 'connections' || work === 'recovery') return [];
  const { formatAt } = POINT_WORKS[work];
  return (works[work] ?? []).flatMap(({ at, by }) =>
    named(by, ({ name }, results) => [
      { name, where: `at ${formatAt(at)}`, results: [...results] },
    ]),
  );
}

const FAULTS = ['lost', 'doubled', 'reordered'] as const;

function faultsOf({ name, where, results }: Runs): readonly string[] {
  const said = FAULTS.map((key) => ({ key, sum: sumOf(results.map((r) => r[key])) }))
    .filter(({ sum }) => sum > 0)
    .map(({ key, sum }) => `${formatCount(sum)} ${key}`);
  const late = sumOf(results.map((r) => r.undrained));
  const lateText = late > 0 ? ` (${formatCount(late)} of them only late)` : '';
  const who = `${plain(name)} ${where}`.trim();
  const refused = sumOf(results.map((r) => r.publishes_refused));
  const refusal = plain(results.find((r) => r.first_refusal !== '')?.first_refusal ?? '');
  const codes = [...new Set(results.flatMap((r) => Object.keys(r.closes ?? {})))].map(
    (code) => `${code} × ${formatCount(sumOf(results.map((r) => r.closes[code] ?? 0)))}`,
  );
  return [
    said.length > 0 ? `**${who}: ${said.join(', ')}**${lateText}` : '',
    refused > 0 ? `**${who}: ${formatCount(refused)} publications refused**: ${refusal}` : '',
    codes.length > 0 ? `**${who}: subscribers were closed**: ${codes.join(', ')}` : '',
  ].filter((text) => text !== '');
}

function busyOf(runs: readonly Runs[]): readonly string[] {
  const busy = runs
    .filter(({ results }) => isGeneratorBusy(results))
    .map(({ name, where }) => `${plain(name)} ${where}`.trim());
  if (busy.length === 0) return [];
  const share = `more than ${BUSY_SHARE} of its core`;
  return [
    `**The generator was the limit** (${share}, marked †): ${busy.join('; ')}. These figures are floors of what the server can do.`,
  ];
}

function disturbedOf(runs: readonly Runs[]): readonly string[] {
  const all = runs.flatMap(({ results }) => results.map((r) => r.strange_cpu_share));
  const disturbed = all.filter((share) => share > STRANGE_SHARE);
  if (disturbed.length === 0) return [];
  const high = spreadOfFinite(disturbed)?.high ?? 0;
  return [
    `**The machine was disturbed**: other work used more than ${STRANGE_SHARE} of a core in ${disturbed.length} of ${all.length} runs, up to ${high.toFixed(2)}.`,
  ];
}

/** What a reader must know before believing the figures of a load. */
export function warningsOf(work: WorkId, comparison: Comparison): readonly string[] {
  return warningsOfRuns(runsOf(work, comparison));
}

/** Faults of the servers, a generator at its limit, and other work on the machine. */
export function warningsOfRuns(runs: readonly Runs[]): readonly string[] {
  return [...runs.flatMap(faultsOf), ...busyOf(runs), ...disturbedOf(runs)];
}
