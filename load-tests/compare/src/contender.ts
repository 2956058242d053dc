import type { GeneratorArgs, StartSystem } from './system/system.js';

/** What is compared, in the order of the report. */
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
 * A server that takes part in the comparison. It shares one core with the programs that it
 * needs, such as a Redis or an Nginx before it.
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
  /** Names and versions that the programs themselves report, such as `NATS server 2.15.2`. */
  version(): Promise<string>;
  readonly start: StartSystem;
  /** Further options of the generator where each subscriber has a channel of its own. */
  readonly channelsArgs?: GeneratorArgs;
  /** The works that it is left out of, and why, in a sentence. */
  readonly leftOut?: Readonly<Partial<Record<WorkId, string>>>;
  /** How its clients come back; undefined: it does not claim that they receive what they missed. */
  readonly recovery?: RecoveryContender;
}

/** A system that claims that disconnected clients receive what they missed. */
export interface RecoveryContender {
  /** Starts it with as much history as the run publishes. */
  start(): Promise<RecoverySystem>;
}

/** A client library as users of a system have it, and how they publish. */
export interface ClientLibrary {
  /** Connects through `port` of loopback, with the library's own delays between attempts. */
  connect(port: number, channel: string, listener: RecoveryListener): RecoveringClient;
  openPublisher(port: number): RecoveryPublisher;
}

export interface RecoveryPublisher {
  /** Resolves when the server has accepted the publication, rejects when it has not. */
  publish(channel: string, data: string): Promise<void>;
  close?(): void;
}

export interface RecoverySystem extends Pick<RecoveryPublisher, 'publish'> {
  /** Where its clients connect; the run puts a proxy before it that cuts all connections. */
  readonly port: number;
  readonly connect: ClientLibrary['connect'];
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
