import type { GeneratorArgs, StartSystem } from '@newswire/load-harness';

/** What is compared, in the order of the report; recovery is one of them. */
export const WORKS = [
  'windows',
  'sustained',
  'channels',
  'payloads',
  'connections',
  'growth',
  'recovery',
] as const;
export type WorkId = (typeof WORKS)[number];

/**
 * A server that takes part in the comparison. Its servers are pinned to one core, whatever else it needs
 * (a Redis, an Nginx before it) with them.
 */
export interface Contender {
  /** As in `--only`, such as `newswire-redis` or `socket.io`. */
  readonly id: string;
  /** As in the report's tables. */
  readonly name: string;
  readonly kind: 'newswire' | 'raw' | 'peer';
  /** What of it takes part, in one sentence: configuration that matters, and what it keeps. */
  readonly about: string;
  /** Why it cannot be measured here, in a sentence; empty when it can. */
  obstacle(): string;
  /** Names and versions of what runs, asked of the programs themselves, such as `NATS server 2.15.2`. */
  version(): Promise<string>;
  readonly start: StartSystem;
  /** What the generator is told besides where each subscriber has a channel of its own. */
  readonly channelsArgs?: GeneratorArgs;
  /** The works that it is left out of, and why, in a sentence. */
  readonly leftOut?: Readonly<Partial<Record<WorkId, string>>>;
  /** How its clients come back; undefined: it does not claim that they are given what they missed. */
  readonly recovery?: RecoveryContender;
}

/** Items that a peer keeps of a channel where recovery is measured: more than a run publishes. */
export const RECOVERY_HISTORY = 100_000;

/** A system that claims that clients which were cut off are given what they missed. */
export interface RecoveryContender {
  /** Starts it with as much history as the run publishes. */
  start(): Promise<RecoverySystem>;
}

export interface RecoverySystem {
  /** Where its clients connect; the run puts a proxy before it that cuts all connections. */
  readonly port: number;
  /** A client with the library that its users have, that connects through `port` of loopback. */
  connect(port: number, channel: string, client: RecoveryListener): RecoveringClient;
  /** Resolves when the server has taken the publication, rejects when it has not. */
  publish(channel: string, data: string): Promise<void>;
  stop(): Promise<void>;
}

export interface RecoveryListener {
  /** Subscribed, for the first time or again. `isWhole`: the server says that nothing was missed. */
  onSubscribed(isWhole: boolean): void;
  onMessage(data: string): void;
}

export interface RecoveringClient {
  close(): void;
}
