import { spreadOf } from '@newswire/load-harness';
import { failuresOf } from './comparison.js';
import { headRoomOf } from './head-room.js';
import { alignedTable } from './render/markdown.js';
import type { Comparison, Point, Rounds, Works } from './result.js';

/** What the generator should take in of what the best server sends. */
const ENOUGH_HEAD_ROOM = 3;

type Row = readonly [name: string, ...cells: string[]];

const whole = (value: number) => Math.round(value).toLocaleString('en');

function medianCell<T>(of: Rounds<T> | undefined, pick: (round: T) => number, digits = 0): string {
  if (!of) return '';
  if (of.failure !== '') return 'failed';
  const { median } = spreadOf(of.rounds.map(pick));
  return digits === 0 ? whole(median) : median.toFixed(digits);
}

function table(title: string, heads: Row, rows: readonly Row[]): string {
  return `${title}\n\n${alignedTable(heads, rows)}`;
}

type Measured = readonly { readonly id: string; readonly name: string }[];

function pointsTable(
  title: string,
  points: readonly Point[] | undefined,
  contenders: Measured,
  { pick, digits }: { pick: 'deliveries_per_s' | 'server_cpu_s_per_million'; digits: number },
): string[] {
  if (!points) return [];
  const rows = contenders
    .filter(({ id }) => points.some(({ by }) => by[id]))
    .map(({ id, name }): Row => {
      const cell = ({ by }: Point) => medianCell(by[id], (result) => result[pick], digits);
      return [name, ...points.map(cell)];
    });
  return [table(title, ['', ...points.map(({ at }) => whole(at))], rows)];
}

function sustainedTable({ sustained }: Works, contenders: Measured): string[] {
  if (!sustained) return [];
  const rows = contenders.flatMap(({ id, name }): Row[] => {
    const of = sustained[id];
    return of ? [[name, medianCell(of, (round) => round.deliveriesPerS)]] : [];
  });
  return [table('Sustained maximum', ['', 'deliveries/s'], rows)];
}

function connectionsTable({ connections }: Works, contenders: Measured): string[] {
  if (!connections) return [];
  const rows = contenders.flatMap(({ id, name }): Row[] => {
    const of = connections[id];
    if (!of) return [];
    const rate = medianCell(of, (round) => round.connects_per_s);
    const cpu = medianCell(of, (round) => round.connect_cpu_us, 1);
    return [[name, rate, cpu, medianCell(of, (round) => round.kib_per_connection, 2)]];
  });
  return [table('Idle connections', ['', 'connects/s', 'CPU µs each', 'KiB each'], rows)];
}

function recoveryTable({ recovery }: Works, contenders: Measured): string[] {
  if (!recovery) return [];
  const rows = contenders.flatMap(({ id, name }): Row[] => {
    const of = recovery[id];
    if (!of) return [];
    const late = medianCell(of, (round) => round.caughtUpMs ?? Number.NaN);
    return [[name, medianCell(of, ({ lost }) => lost), medianCell(of, ({ told }) => told), late]];
  });
  return [table('Recovery', ['', 'lost', 'told', 'caught up, ms'], rows)];
}

/** A sentence on whether the generator was fast enough; empty when nothing says so. */
export function headRoomText(works: Works): string {
  const room = headRoomOf(works);
  if (!room) return '';
  const { times, deliveriesPerS, contender, work, at } = room;
  const verdict = times >= ENOUGH_HEAD_ROOM ? '' : `: less than ${ENOUGH_HEAD_ROOM} times`;
  return (
    `The generator takes in at least ${times.toFixed(1)} times what the fastest server sends${verdict} ` +
    `(${whole(deliveriesPerS)}/s of ${contender}, ${work} at ${whole(at)}).`
  );
}

function failuresText(works: Works): string[] {
  const lines = failuresOf(works).map(({ contender, work, at, why }) => {
    return `  ${contender}, ${work}${at === undefined ? '' : ` at ${whole(at)}`}: ${why}`;
  });
  return lines.length > 0 ? [['Failed', ...lines].join('\n')] : [];
}

/** Medians in plain text, what failed and who is missing. */
export function summaryOf({ contenders, works }: Comparison): string {
  const measured = contenders.filter(({ obstacle }) => obstacle === '');
  const speed = { pick: 'deliveries_per_s', digits: 0 } as const;
  const cost = { pick: 'server_cpu_s_per_million', digits: 3 } as const;
  const missing = contenders.filter(({ obstacle }) => obstacle !== '');
  const named = missing.map(({ name, obstacle }) => `  ${name}: ${obstacle}`);
  return [
    ...pointsTable('Deliveries/s by window', works.windows, measured, speed),
    ...sustainedTable(works, measured),
    ...pointsTable('Deliveries/s on many channels, by window', works.channels, measured, speed),
    ...pointsTable('Deliveries/s by payload bytes', works.payloads, measured, speed),
    ...connectionsTable(works, measured),
    ...pointsTable('CPU s per million, by subscribers', works.growth, measured, cost),
    ...recoveryTable(works, measured),
    ...failuresText(works),
    ...(named.length > 0 ? [['Missing', ...named].join('\n')] : []),
    headRoomText(works),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
