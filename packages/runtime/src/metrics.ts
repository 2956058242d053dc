import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { DELAY_METRICS, monitorDelay, registerDelayMetrics } from './event-loop-delay.js';

export { Counter, Histogram, type Registry } from 'prom-client';

/** Longer than any process runs, in ms: prom-client's own samples of the event loop's delay never come. */
const NEVER = 2 ** 31 - 1;

/** A registry of its own for each service instance, so that two can live in one process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER });
  for (const name of DELAY_METRICS) registry.removeSingleMetric(name);
  registerDelayMetrics(registry, monitorDelay());
  return registry;
}

/** A counter in the registry. Names begin with `newswire_` and end with what is counted. */
export function counter(registry: Registry, name: string, help: string): Counter {
  return new Counter({ name, help, registers: [registry] });
}

/** A gauge whose value is asked for when the registry is read. */
export function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const asked: Gauge = new Gauge({ name, help, registers: [], collect: () => asked.set(read()) });
  registry.registerMetric(asked);
}
