import { setTimeout as delay } from 'node:timers/promises';
import {
  centrifuge,
  load,
  missing,
  raw,
  standalone,
  type IdleResult,
  type System,
} from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import { figuresBy, ratioOf, spreadOfFigures } from '../render/figures.js';
import { alignedTable } from '../render/markdown.js';
import { formatRatio, formatSpread } from '../render/numbers.js';
import type { ByContender } from '../result.js';
import { inOrder, sheetsFor, takeTurn } from '../works/turns.js';
import type { BenchOptions } from './options.js';
import { defineContender, type BenchStage, type SuiteResult } from './suite.js';

const ROUNDS = 3;
const WIRES = ['seed', 'centrifuge'] as const;
const LIMIT_MS = 120_000;
/** A server has finished with closed connections by then. */
const CLOSED_MS = 1000;

interface Weight extends IdleResult {
  /** As `connect_cpu_us`, when the same connections come for the third time. */
  readonly again_cpu_us: number;
}

/** Much of what the first connections cost is compilation, so all of them connect twice more. */
async function weigh(system: System, connections: number): Promise<Weight> {
  const connect = (settle: number) =>
    load<IdleResult>(
      system,
      ['--idle', '--settle', settle, '--connections', connections],
      LIMIT_MS,
    );
  const first = await connect(2);
  let again = first;
  for (let time = 0; time < 2; time += 1) {
    await delay(CLOSED_MS);
    again = await connect(0.1);
  }
  return { ...first, again_cpu_us: again.connect_cpu_us };
}

function listContenders(options: BenchOptions, wire: string): Contender[] {
  const ours = defineContender('newswire', standalone({ ...options, wire }));
  const isCompared = wire === 'centrifuge' && missing({ peers: ['centrifuge'] }) === '';
  const peers = isCompared ? [defineContender('Centrifuge', centrifuge)] : [];
  return [ours, defineContender('raw', raw(wire)), ...peers];
}

const FIGURES = [
  ['memory, KiB', 'kib_per_connection'],
  ['connecting and subscribing, µs of CPU', 'connect_cpu_us'],
  ['the same, the third time', 'again_cpu_us'],
] as const;

function tableOf(by: ByContender<Weight>, contenders: readonly Contender[]): string {
  const others = contenders.filter(({ id }) => id !== 'newswire');
  const heads = [
    '',
    ...contenders.map(({ id }) => id),
    ...others.map(({ id }) => `newswire / ${id}`),
  ];
  const rows = FIGURES.map(([name, key]) => {
    const figures = figuresBy(by, (round) => round[key]);
    return [
      name,
      ...contenders.map(({ id }) => formatSpread(spreadOfFigures(figures[id]))),
      ...others.map(({ id }) => formatRatio(ratioOf(figures['newswire'], figures[id]))),
    ];
  });
  return alignedTable(heads, rows);
}

/** Memory and CPU of connections that only stand, to a fresh process: a load leaves memory behind that would hide theirs. */
export async function measureIdle(
  options: BenchOptions,
  { lineup, settings, say }: BenchStage,
): Promise<SuiteResult> {
  const { idleConnections, isShort } = settings;
  const rounds = isShort ? 1 : Math.min(settings.rounds, ROUNDS);
  const data: Record<string, ByContender<Weight>> = {};
  const tables: string[] = [];
  for (const wire of WIRES) {
    const contenders = listContenders(options, wire);
    const sheets = sheetsFor<Weight>(contenders);
    for (let round = 0; round < rounds; round += 1) {
      for (const contender of inOrder(contenders, round)) {
        await takeTurn(sheets[contender.id], () =>
          lineup.runFresh(contender, (system) => weigh(system, idleConnections)),
        );
      }
      say(`${wire}: round ${round + 1} of ${rounds}`);
    }
    data[wire] = sheets;
    tables.push(
      `${idleConnections} connections on the ${wire} wire:\n\n${tableOf(sheets, contenders)}`,
    );
  }
  const notes = Object.values(data).flatMap((by) =>
    Object.entries(by).flatMap(([id, { failure }]) =>
      failure ? [`**FAILED**: ${id}: ${failure}`] : [],
    ),
  );
  return { table: tables.join('\n\n'), notes, hasFailed: notes.length > 0, data };
}
