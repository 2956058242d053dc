/** Identifies one publication of a channel, independently of its position. */
export type Token = number;

/** One generation of a channel's log, as reported by publishers and subscribers. */
export interface KnownGeneration {
  readonly epoch: string;
  /** The order of the first reports, from 0. */
  readonly heard: number;
  /** The token that a publisher or a subscriber reported for each offset. */
  readonly tokens: Map<number, Token>;
}
