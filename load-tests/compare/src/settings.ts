/** How much of everything a comparison does. */
export interface Settings {
  readonly isShort: boolean;
  /** Of the windows; other works have `countRounds` it. */
  readonly rounds: number;
  /** Measured of a load at one window; other works have multiples. */
  readonly seconds: number;
  /** Published before it, unmeasured. */
  readonly warmSeconds: number;
  /** How long a server is loaded after its start. */
  readonly warmUpSeconds: number;
  /** What a run takes beside publishing, about: connecting a thousand, waiting for stragglers. */
  readonly overheadSeconds: number;
  readonly connections: number;
  readonly idleConnections: number;
  readonly windows: readonly number[];
  readonly channelWindows: readonly number[];
  /** Bytes of a message. */
  readonly payloads: readonly number[];
  /** Numbers of subscribers. */
  readonly growth: readonly number[];
}

const FULL: Settings = {
  isShort: false,
  rounds: 2,
  seconds: 0.5,
  warmSeconds: 0.2,
  warmUpSeconds: 1.5,
  overheadSeconds: 0.7,
  connections: 1000,
  idleConnections: 10_000,
  windows: [1, 4, 16, 64, 256],
  channelWindows: [16, 64, 256],
  payloads: [64, 1024, 16_384],
  growth: [100, 300, 1000, 3000, 10_000],
};

const SHORT: Settings = {
  isShort: true,
  rounds: 1,
  seconds: 0.2,
  warmSeconds: 0,
  warmUpSeconds: 0,
  overheadSeconds: 0.4,
  connections: 20,
  idleConnections: 50,
  windows: [16],
  channelWindows: [16],
  payloads: [16_384],
  growth: [50],
};

export interface Asked {
  readonly isShort: boolean;
  readonly rounds?: number | undefined;
  readonly seconds?: number | undefined;
}

/** Those of the full or the short comparison, with what was asked for otherwise. */
export function createSettings({ isShort, rounds, seconds }: Asked): Settings {
  const own = isShort ? SHORT : FULL;
  return { ...own, rounds: rounds ?? own.rounds, seconds: seconds ?? own.seconds };
}

/** Rounds of a work that is given that share of them; at least one. */
export function countRounds({ rounds }: Settings, share: number): number {
  return Math.max(1, Math.round(rounds * share));
}
