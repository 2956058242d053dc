import type {
  ByContender,
  Comparison,
  ContenderInfo,
  LoadResult,
  Point,
  Recovery,
} from '../src/result.js';
import { createResult } from './create-result.js';

// Made up, for tests of the page: nothing was measured.

type Kind = ContenderInfo['kind'];

const info = (id: string, name: string, kind: Kind, more: Partial<ContenderInfo> = {}) => ({
  id,
  name,
  kind,
  about: `${name} as in the fixture.`,
  version: `${name} 1.2.3`,
  obstacle: '',
  leftOut: {},
  ...more,
});

export const CONTENDERS: readonly ContenderInfo[] = [
  info('newswire', 'newswire', 'newswire'),
  info('newswire-redis', 'newswire, Redis', 'newswire'),
  info('newswire-delegate', 'newswire, links', 'newswire'),
  info('newswire-nginx', 'newswire, Nginx', 'newswire'),
  info('raw', 'raw uWebSockets.js', 'raw'),
  info('ws', 'ws loop', 'peer'),
  info('tornado', 'Tornado', 'peer', { leftOut: { connections: 'it would take | an hour' } }),
  info('socket.io', 'Socket.IO', 'peer'),
  info('nats', 'NATS', 'peer'),
  info('nchan', 'nchan', 'peer', { version: '', obstacle: 'Nginx has no module <nchan> here' }),
  info('mosquitto', 'Mosquitto', 'peer'),
  info('centrifuge', 'Centrifuge', 'peer'),
  info('socket.io-redis', 'Socket.IO, Redis', 'peer'),
  info('centrifuge-redis', 'Centrifuge, Redis', 'peer'),
];

/** Thousand deliveries a second with one in flight, and how much joining helps at 256. */
const SPEEDS: Readonly<Record<string, readonly [number, number]>> = {
  newswire: [195, 40],
  'newswire-redis': [150, 14],
  'newswire-delegate': [160, 15],
  'newswire-nginx': [90, 6],
  raw: [200, 30],
  ws: [60, 2],
  tornado: [28, 1.1],
  'socket.io': [70, 1.9],
  nats: [170, 13],
  mosquitto: [120, 1.3],
  centrifuge: [140, 7.5],
  'socket.io-redis': [55, 1.6],
  'centrifuge-redis': [110, 5],
};

const ROUNDS = [0.96, 1, 1.05] as const;

export const load = (deliveries: number, more: Partial<LoadResult> = {}): LoadResult =>
  createResult({
    publishes_per_s: deliveries / 1000,
    deliveries_per_s: deliveries,
    latency_ms: { p50: 2e6 / deliveries, p99: 5e6 / deliveries, max: 9e6 / deliveries },
    generator_cpu_share: 0.4,
    server_cpu_share: 0.99,
    strange_cpu_share: 0.03,
    server_cpu_s_per_million: 1e6 / deliveries,
    ...more,
  });

type Speed = (of: readonly [number, number], id: string) => number;

const ids = Object.keys(SPEEDS);

function byEach<T>(of: (id: string, round: number) => T, which = ids): ByContender<T> {
  return Object.fromEntries(
    which.map((id) => [id, { rounds: ROUNDS.map((factor) => of(id, factor)), failure: '' }]),
  );
}

const point = (at: number, speed: Speed): Point => ({
  at,
  by: byEach((id, factor) => load(speed(SPEEDS[id] ?? [1, 1], id) * 1000 * factor)),
});

const byWindow = (window: number) =>
  point(window, ([base, joining]) => base * joining ** (Math.log2(window) / 8));

const recovery = (more: Partial<Recovery> = {}): Recovery => ({
  clients: 500,
  published: 1000,
  lost: 0,
  reported: 0,
  doubled: 0,
  reordered: 0,
  caughtUpMs: 800,
  ...more,
});

const step = (ratePerS: number, capacity: number) => ({
  ratePerS,
  result: load(ratePerS * 1000, {
    latency_ms: {
      p50: 1,
      p99: 4 / Math.max(1 - ratePerS / capacity, 0.02),
      max: 300,
    },
  }),
});

const RATES = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

function ladder([base, joining]: readonly [number, number], factor: number) {
  const capacity = base * joining * 0.7 * factor;
  const rates = RATES.slice(0, RATES.findIndex((rate) => rate > capacity) + 1);
  const steps = (rates.length > 0 ? rates : RATES).map((rate) => step(rate, capacity));
  return { deliveriesPerS: (steps.at(-2)?.ratePerS ?? 0) * 1000, steps };
}

const RECOVERING = ['newswire', 'newswire-redis', 'socket.io', 'centrifuge', 'centrifuge-redis'];
const KIB: Readonly<Record<string, number>> = { newswire: 2.1, raw: 1.3, nats: 25, centrifuge: 28 };
const CONNECT_US: Readonly<Record<string, number>> = { newswire: 31, raw: 29, centrifuge: 82 };

/** A run in which nothing went wrong, but for nchan, which is missing, and Tornado, left out once. */
export const comparison = (): Comparison => ({
  machine: {
    startedAt: '2026-01-02T03:04:05Z',
    minutes: 83,
    commit: 'abcdef0+',
    cpu: 'A processor at 2 GHz',
    cores: 2,
    memoryMib: 8192,
    kernel: 'Linux 6.1',
    versions: { Node: '22.1.0', Redis: '7.0.15' },
    command: 'make compare',
  },
  contenders: CONTENDERS,
  works: {
    windows: [1, 4, 16, 64, 256].map(byWindow),
    sustained: byEach((id, factor) => ladder(SPEEDS[id] ?? [1, 1], factor)),
    channels: [1, 16, 64, 256].map((at) => point(at, ([base]) => (base / 9) * at ** 0.2)),
    payloads: [64, 1024, 16_384].map((at) => point(at, ([base]) => base / (1 + at / 9000))),
    connections: byEach(
      (id, factor) => ({
        kib_per_connection: (KIB[id] ?? 15) * factor,
        connect_cpu_us: (CONNECT_US[id] ?? 120) / factor,
        connects_per_s: 500_000 / (CONNECT_US[id] ?? 120),
      }),
      ids.filter((id) => id !== 'tornado'),
    ),
    growth: [100, 1000, 10_000].map((at) => point(at, ([base]) => base * (1 - 0.05 * (at / 1e4)))),
    recovery: byEach(
      (id, factor) => recovery({ caughtUpMs: (id.startsWith('newswire') ? 400 : 900) * factor }),
      RECOVERING,
    ),
  },
});
