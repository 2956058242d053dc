/** Names one publication of a channel, whatever its position turns out to be. */
export type Token = number;

/** One life of a channel's log, as publishers and subscribers have heard of it. */
export interface KnownLife {
  readonly epoch: string;
  /** 0 for the life that was heard of first. */
  readonly heard: number;
  /** Which token was answered, or seen by a subscriber, at an offset. */
  readonly tokens: Map<number, Token>;
}
