import {
  centrifuge,
  load,
  missing,
  raw,
  spreadOf,
  standalone,
  withSystems,
  type IdleResult,
  type StartSystem,
} from '@newswire/load-harness';
import { markdownTable } from 'markdown-table';
import { formatSpread } from '../report.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { Suite } from './suite.js';

const ROUNDS = 3;
const WIRES = ['seed', 'centrifuge'];

/** By then a server has done with connections that were closed. */
const CLOSED_MS = 1000;

interface Weight extends IdleResult {
  /** As `connect_cpu_us`, when the same connections come again. */
  readonly again_cpu_us: number;
}

interface Weighed {
  readonly raw: Weight;
  readonly newswire: Weight;
  /** On its own wire, where that server is installed. */
  readonly centrifuge?: Weight;
}

/**
 * A fresh process each: memory that a load has left behind would hide what connections cost. Much of
 * what connecting to it costs is its compiler's, so that they all come twice more.
 */
async function weigh(start: StartSystem, connections: number): Promise<Weight> {
  return withSystems([start], async ([system]) => {
    if (!system) throw new Error('nothing to weigh');
    const connect = async (settle: number) =>
      load<IdleResult>(system, ['--idle', '--settle', settle, '--connections', connections]);
    const first = await connect(2);
    let again = first;
    for (let time = 0; time < 2; time += 1) {
      await delay(CLOSED_MS);
      again = await connect(0.1);
    }
    return { ...first, again_cpu_us: again.connect_cpu_us };
  });
}

function tableOf(weighed: readonly Weighed[]): string {
  const isCompared = weighed.every(({ centrifuge: peer }) => peer !== undefined);
  const row = (name: string, key: keyof Weight) => {
    const column = (figure: (round: Weighed) => number | undefined) =>
      formatSpread(spreadOf(weighed.map((round) => figure(round) ?? 0)), 2);
    const peer = [
      column((round) => round.centrifuge?.[key]),
      column((round) => round.newswire[key] / (round.centrifuge?.[key] ?? 1)),
    ];
    return [
      name,
      column((round) => round.raw[key]),
      column((round) => round.newswire[key]),
      column((round) => round.newswire[key] / round.raw[key]),
      ...(isCompared ? peer : []),
    ];
  };
  const heads = ['', 'raw', 'newswire', 'newswire / raw'];
  return markdownTable([
    isCompared ? [...heads, 'Centrifuge', 'newswire / Centrifuge'] : heads,
    row('memory, KiB', 'kib_per_connection'),
    row('connecting and subscribing, µs of CPU', 'connect_cpu_us'),
    row('the same, the third time', 'again_cpu_us'),
  ]);
}

const isCompared = (wire: string) =>
  wire === 'centrifuge' && missing({ peers: ['centrifuge'] }) === '';

export const idle: Suite = {
  name: 'idle',
  title: 'What an idle connection costs',
  obstacle: ({ idleConnections }) => (idleConnections === 0 ? '--idle is 0' : ''),
  measure: async (options) => {
    const { idleConnections, isShort } = options;
    const rounds = isShort ? 1 : Math.min(options.rounds, ROUNDS);
    const data: Record<string, Weighed[]> = Object.fromEntries(WIRES.map((wire) => [wire, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const wire of WIRES) {
        data[wire]?.push({
          raw: await weigh(raw(wire), idleConnections),
          newswire: await weigh(standalone({ ...options, wire }), idleConnections),
          ...(isCompared(wire) && { centrifuge: await weigh(centrifuge, idleConnections) }),
        });
      }
    }
    const tables = Object.entries(data).map(
      ([wire, weighed]) =>
        `${idleConnections} connections on the ${wire} wire:\n\n${tableOf(weighed)}`,
    );
    return { table: tables.join('\n\n'), notes: [], data };
  },
};
