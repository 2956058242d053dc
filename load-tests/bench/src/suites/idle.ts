import type { IdleResult } from '../generator.js';
import { load } from '../generator.js';
import { formatSpread, markdownTable } from '../report.js';
import { spreadOf } from '../statistics.js';
import { raw, standalone } from '../systems.js';
import type { StartSystem } from '../systems.js';
import { withSystems } from '../turns.js';
import type { Suite } from './suite.js';

const ROUNDS = 3;

/** A fresh process each: memory that a load has left behind would hide what connections cost. */
async function weigh(start: StartSystem, connections: number): Promise<IdleResult> {
  return withSystems([start], async ([system]) => {
    if (!system) throw new Error('nothing to weigh');
    return load<IdleResult>(system, ['--idle', '--settle', 2, '--connections', connections]);
  });
}

function tableOf(weighed: readonly { raw: IdleResult; newswire: IdleResult }[]): string {
  const row = (name: string, key: keyof IdleResult) => [
    name,
    formatSpread(spreadOf(weighed.map((round) => round.raw[key])), 2),
    formatSpread(spreadOf(weighed.map((round) => round.newswire[key])), 2),
    formatSpread(spreadOf(weighed.map((round) => round.newswire[key] / round.raw[key])), 2),
  ];
  return markdownTable(
    ['', 'raw', 'newswire', 'newswire / raw'],
    [
      row('memory, KiB', 'kib_per_connection'),
      row('connecting and subscribing, µs of CPU', 'connect_cpu_us'),
    ],
  );
}

export const idle: Suite = {
  name: 'idle',
  title: 'What an idle connection costs',
  obstacle: ({ idleConnections }) => (idleConnections === 0 ? '--idle is 0' : ''),
  measure: async (options) => {
    const { idleConnections, isShort } = options;
    const rounds = isShort ? 1 : Math.min(options.rounds, ROUNDS);
    const weighed: { raw: IdleResult; newswire: IdleResult }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      weighed.push({
        raw: await weigh(raw, idleConnections),
        newswire: await weigh(standalone(options), idleConnections),
      });
    }
    return {
      table: `${idleConnections} connections:\n\n${tableOf(weighed)}`,
      notes: [],
      data: weighed,
    };
  },
};
