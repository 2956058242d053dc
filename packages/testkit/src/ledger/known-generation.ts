/** Names one publication of a channel, whatever its position turns out to be. */
export type Token = number;

/** One generation of a channel's log, as publishers and subscribers have heard of it. */
export interface KnownGeneration {
  readonly epoch: string;
  /** 0 for the generation that was heard of first. */
  readonly heard: number;
  /** Which token was answered, or seen by a subscriber, at an offset. */
  readonly tokens: Map<number, Token>;
}
