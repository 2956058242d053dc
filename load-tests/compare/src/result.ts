import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { WorkId } from './contender.js';
import { BadOption } from './options.js';

/** What the generator reports of a publishing run; its other keys are in load-tests/README.md. */
export interface LoadResult {
  readonly publishes_per_s: number;
  readonly deliveries_per_s: number;
  /** That subscribers received, with the headers of frames; absent if nothing was delivered. */
  readonly bytes_per_delivery?: number;
  readonly latency_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly generator_cpu_share: number;
  readonly server_cpu_share: number;
  /** Of what shares the generator's core; absent when nothing does. */
  readonly other_cpu_share?: number;
  /** Of everything else on the machine. */
  readonly strange_cpu_share: number;
  readonly server_cpu_s_per_million: number;
  readonly lost: number;
  /** The part of `lost` that was still coming when the generator gave up waiting. */
  readonly undrained: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly publishes_refused: number;
  readonly first_refusal: string;
  /** By close code. */
  readonly closes: Readonly<Record<string, number>>;
  readonly stalls: number;
  /** Publishing connections that the server closed: the run ended there. */
  readonly publishers_closed?: number;
}

/** What it reports of connections that only stand. */
export interface IdleResult {
  readonly connects_per_s: number;
  readonly kib_per_connection: number;
  readonly connect_cpu_us: number;
}

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

/** The rounds of each contender, by its id. */
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
  /** Deliveries that never came, and were not reported as a gap. */
  readonly lost: number;
  /** Deliveries that did not come, and were reported to the client. */
  readonly reported: number;
  readonly doubled: number;
  readonly reordered: number;
  /** From letting clients in again until the last of them had everything; NaN is written as null. */
  readonly caughtUpMs: number | null;
}

export function isPoints(data: NonNullable<Works[WorkId]>): data is readonly Point[] {
  return Array.isArray(data);
}

/** Writes it completely or not at all: an interrupted run keeps the file of the one before. */
export async function saveComparison(file: string, comparison: Comparison): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, `${JSON.stringify(comparison)}\n`);
  await rename(`${file}.part`, file);
}

/** What an earlier run has left. Throws BadOption when there is nothing to go on with. */
export async function loadComparison(file: string): Promise<Comparison> {
  const refuse = (why: string) =>
    new BadOption(`--resume has nothing to go on with: ${file} ${why}`);
  const text = await readFile(file, 'utf8').catch(() => {
    throw refuse('is not there');
  });
  try {
    const saved: Comparison = JSON.parse(text);
    if (typeof saved.works === 'object' && typeof saved.machine === 'object') return saved;
  } catch {
    // refused below
  }
  throw refuse('is no comparison');
}
