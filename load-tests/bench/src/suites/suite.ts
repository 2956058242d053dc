import type { BenchOptions } from '../options.js';

/** What a suite has found. */
export interface SuiteResult {
  readonly table: string;
  /** Said behind the table: what went wrong, what is missing. */
  readonly notes: readonly string[];
  /** For the file in results/. */
  readonly data: unknown;
}

/** One question that the benchmark answers. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** Why it cannot be measured here, in a sentence; empty when it can. */
  readonly obstacle: (options: BenchOptions) => string;
  readonly measure: (options: BenchOptions) => Promise<SuiteResult>;
}

/** Loads with so many messages in flight, to subscribers of one channel. */
export function windowCases(options: BenchOptions, windows: readonly number[]) {
  const { connections, seconds } = options;
  const short = ['--settle', 0.1, '--warm', 0.5, '--size', 64, '--seconds', seconds];
  return windows.map((window) => ({
    label: String(window),
    args: ['--connections', connections, ...short, '--window', window],
  }));
}
