import { markdownTable } from 'markdown-table';
import { measureByTurns, missing, nats, standalone, type CaseResult } from '@newswire/load-harness';
import {
  faultsCell,
  formatSpread,
  ratioOf,
  sharesCell,
  spreadCell,
  warningsOf,
} from '../report.js';
import type { Suite } from './suite.js';

const ROUNDS = 3;
const SECONDS_TIMES = 5;
/**
 * Unanswered publishes on the connection. More would no longer reach uWebSockets.js in one piece
 * when it lags behind, and it answers 505 to a request line that comes in two.
 */
const PIPELINE = 128;

const heads = [
  '',
  'deliveries, 1/s',
  'p50 ms',
  'p99 ms',
  'max ms',
  'server core + other core (generator)',
  'lost / doubled / reordered',
];

function tableOf(runs: CaseResult['runs']): string {
  const rows = Object.entries(runs).map(([name, of]) => [
    name,
    spreadCell(of, (r) => r.deliveries_per_s),
    spreadCell(of, (r) => r.latency_ms.p50, 1),
    spreadCell(of, (r) => r.latency_ms.p99, 1),
    spreadCell(of, (r) => r.latency_ms.max, 1),
    sharesCell(of),
    faultsCell(of),
  ]);
  return markdownTable([heads, ...rows]);
}

function ratioNote({ NATS, newswire }: CaseResult['runs']): string[] {
  if (!NATS || !newswire) return [`No ratio: ${missing({ peers: ['nats-server'] })}.`];
  const ratio = ratioOf(newswire, NATS, (r) => r.latency_ms.p99);
  return [`p99 of newswire / p99 of NATS: **${formatSpread(ratio, 3)}**`];
}

export const openLoop: Suite = {
  name: 'open-loop',
  title: 'At a fixed rate, one process on one core, beside a NATS server over WebSocket',
  obstacle: () => '',
  measure: async (options) => {
    const { rate, connections, seconds, isShort } = options;
    const label = `${rate} messages a second to ${connections} subscribers`;
    const times = isShort ? 1 : SECONDS_TIMES;
    const short = ['--settle', 0.1, '--warm', 1, '--size', 64, '--seconds', seconds * times];
    const args = ['--connections', connections, '--rate', rate, '--pipeline', PIPELINE, ...short];
    const peers = missing({ peers: ['nats-server'] }) === '' ? [nats] : [];
    const rounds = isShort ? 1 : Math.min(options.rounds, ROUNDS);
    const starts = [...peers, standalone(options)];
    const results = await measureByTurns(starts, [{ label, args }], {
      ...options,
      rounds,
    });
    const runs = results[0]?.runs ?? {};
    const table = `${label}:\n\n${tableOf(runs)}`;
    return { table, notes: [...ratioNote(runs), ...warningsOf(results)], data: results };
  },
};
