import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { DELAY_METRICS, monitorDelay, registerDelayMetrics } from './event-loop-delay.js';
import { backoffMs, RECONNECT_BACKOFF } from './retry.js';

export { Counter, Histogram, type Registry } from 'prom-client';

/**
 * Nearly 25 days, in ms: in practice prom-client takes no samples of its own of the event loop's
 * delay.
 */
const NEVER = 2 ** 31 - 1;

/** Creates a separate registry for each service instance, so that two can run in one process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER });
  for (const name of DELAY_METRICS) registry.removeSingleMetric(name);
  registerDelayMetrics(registry, monitorDelay());
  return registry;
}

/**
 * Creates a counter in the registry. Names begin with `newswire_`, name what is counted, and end
 * with `_total`.
 */
export function counter<Label extends string = never>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

/** Registers a gauge whose value is read at each scrape. */
export function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const asked: Gauge = new Gauge({ name, help, registers: [], collect: () => asked.set(read()) });
  registry.registerMetric(asked);
}

/**
 * Returns the wait before reconnect attempt number `attempt` (0, 1, 2…), in ms, and counts it:
 * frequent attempts show that a connection is unstable.
 */
export function countedReconnectDelay(registry: Registry): (attempt: number) => number {
  const help = 'Attempts to reconnect to Redis or to another process.';
  const reconnects = counter(registry, 'newswire_reconnects_total', help);
  return (attempt) => {
    reconnects.inc();
    return backoffMs(attempt, RECONNECT_BACKOFF);
  };
}
