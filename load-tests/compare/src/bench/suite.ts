import type { StartSystem } from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import type { Stage } from '../works/work.js';
import type { BenchOptions } from './options.js';

/** What a suite measured. */
export interface SuiteResult {
  readonly table: string;
  /** Printed below the table: faults, warnings, what is missing. */
  readonly notes: readonly string[];
  readonly hasFailed: boolean;
  /** For the file in results/. */
  readonly data: unknown;
}

/** One question that the benchmark answers. */
export interface Suite {
  readonly title: string;
  /** Why it cannot be measured here, in a sentence; empty when it can. */
  readonly obstacle?: (options: BenchOptions) => string;
  readonly measure: (options: BenchOptions, stage: BenchStage) => Promise<SuiteResult>;
}

/** What a suite is measured with, whichever contenders take part. */
export type BenchStage = Omit<Stage, 'contenders'>;

/** A server of the benchmark: its name and how it starts. */
export function defineContender(id: string, start: StartSystem, obstacle = ''): Contender {
  const version = () => Promise.resolve('');
  return { id, name: id, kind: 'peer', about: '', obstacle: () => obstacle, version, start };
}
