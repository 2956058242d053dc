export interface RecoverySettings {
  readonly clients: number;
  readonly rounds: number;
  /** Publications a second, on one channel that all clients listen to. */
  readonly ratePerS: number;
  /** How long is published before all connections are cut. */
  readonly beforeMs: number;
  /** For how long nobody is let in; publications go on. */
  readonly outageMs: number;
  /** How long is published behind it. */
  readonly afterMs: number;
  /** How long clients may take to be there at first, and behind the last publication to have everything. */
  readonly limitMs: number;
}

/** 300 publications: less than any of the systems keeps. */
export const RECOVERY_SETTINGS: RecoverySettings = {
  clients: 500,
  rounds: 3,
  ratePerS: 50,
  beforeMs: 1000,
  outageMs: 2000,
  afterMs: 3000,
  limitMs: 30_000,
};
