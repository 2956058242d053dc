import { Counter, Histogram, type Registry } from '@newswire/runtime';
import type { HookName } from './hook-client.js';

/** Receives the events of access control that newswire counts. */
export interface AccessObserver {
  /**
   * A hook call ended. A call that the open circuit breaker refuses counts as failed. `tookMs`
   * includes the wait for the semaphore.
   */
  readonly onHookAsked: (hook: HookName, isAnswered: boolean, tookMs: number) => void;
  readonly onTokenRefused: (reason: 'expired' | 'early' | 'invalid') => void;
}

/** Histogram buckets in seconds, up to the longest hook timeout. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Counts hook calls and refused tokens. */
export function accessMetrics(registry: Registry): AccessObserver {
  const registers = [registry];
  const calls = new Counter({
    name: 'newswire_edge_hook_calls_total',
    help: 'Requests to hooks, by result. answered: a result, or an error for this client, including statuses such as 401 or 429. failed: all requests that end in error 100.',
    labelNames: ['hook', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'newswire_edge_hook_seconds',
    help: 'Duration of requests to hooks, answered or failed, in seconds.',
    labelNames: ['hook'],
    buckets: BUCKETS,
    registers,
  });
  const tokens = new Counter({
    name: 'newswire_edge_tokens_refused_total',
    help: 'Refused tokens, by reason: expired, early (not valid yet) or invalid.',
    labelNames: ['reason'],
    registers,
  });
  return {
    onHookAsked: (hook, isAnswered, tookMs) => {
      calls.inc({ hook, result: isAnswered ? 'answered' : 'failed' });
      seconds.observe({ hook }, tookMs / 1000);
    },
    onTokenRefused: (reason) => tokens.inc({ reason }),
  };
}
