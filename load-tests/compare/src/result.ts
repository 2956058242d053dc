import type { IdleResult, LoadResult } from '@newswire/load-harness';
import type { WorkId } from './contender.js';

/** What `make compare` writes to results/compare.json, and what docs/benchmarks.md is made of. */
export interface Comparison {
  readonly machine: Machine;
  readonly contenders: readonly ContenderInfo[];
  readonly works: Works;
  /** Where the generator had the least of it; not there before anything was measured in a closed loop. */
  readonly headRoom?: HeadRoom;
}

/** How much more than the best server sent the generator could have taken in. */
export interface HeadRoom {
  readonly work: WorkId;
  readonly at: number;
  /** Id of the fastest there. */
  readonly contender: string;
  readonly deliveriesPerS: number;
  /** What the generator takes in with the whole of its core / what it was sent. */
  readonly times: number;
}

export interface Machine {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly minutes: number;
  /** The commit measured, with `+` behind it where the checkout had changes. */
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMib: number;
  readonly kernel: string;
  /** Of Node, Redis, Nginx, Go and the C compiler, where they are here. */
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
}

export interface ContenderInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: 'newswire' | 'raw' | 'peer';
  readonly about: string;
  readonly version: string;
  /** Not empty: it was not measured, and why. */
  readonly obstacle: string;
  readonly leftOut: Readonly<Partial<Record<WorkId, string>>>;
}

/** A contender's rounds, by its id; who failed has a `failure` instead. */
export type ByContender<T> = Readonly<Record<string, Rounds<T>>>;

export interface Rounds<T> {
  readonly rounds: readonly T[];
  /** Why it could not do this work; empty when it could. */
  readonly failure: string;
}

/** One load at one setting. */
export interface Point {
  /** The number at the axis: window, payload bytes, subscribers or publications a second. */
  readonly at: number;
  readonly by: ByContender<LoadResult>;
}

export interface Works {
  /** Closed loop, by messages in flight, 1,000 subscribers of a channel. */
  readonly windows?: readonly Point[];
  /** Open loop. */
  readonly sustained?: ByContender<Sustained>;
  /** 1,000 channels with a subscriber each, closed loop, by messages in flight. */
  readonly channels?: readonly Point[];
  /** Closed loop with 16 in flight, by bytes of a message. */
  readonly payloads?: readonly Point[];
  /** 10,000 connections that only stand. */
  readonly connections?: ByContender<IdleResult>;
  /** Closed loop with one in flight, by subscribers. */
  readonly growth?: readonly Point[];
  readonly recovery?: ByContender<Recovery>;
}

/** A ladder of rates, climbed until p99 passes 100 ms, something is lost, or publishers fall behind. */
export interface Sustained {
  /** Deliveries a second of the last step that held; 0: not even the first did. */
  readonly deliveriesPerS: number;
  readonly steps: readonly { readonly ratePerS: number; readonly result: LoadResult }[];
}

/** All connections are cut while publications go on; then all come back. */
export interface Recovery {
  readonly clients: number;
  readonly published: number;
  /** Deliveries owed that never came and that nobody was told of. */
  readonly lost: number;
  /** Deliveries that did not come, and of which the client was told. */
  readonly told: number;
  readonly doubled: number;
  readonly reordered: number;
  /** From letting clients in again until the last of them had everything; NaN is written as null. */
  readonly caughtUpMs: number | null;
}
