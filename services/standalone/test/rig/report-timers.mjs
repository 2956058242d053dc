// Loaded before a service (node --import): on SIGUSR2 it prints how often the service's timers wake it.
import { createHook } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';

const timers = new Map();
createHook({
  init: (id, type, _trigger, timer) => void (type === 'Timeout' && timers.set(id, timer)),
  destroy: (id) => void timers.delete(id),
}).enable();

const perfHooks = createRequire(import.meta.url)('node:perf_hooks');
const monitorsMs = [];
const { monitorEventLoopDelay } = perfHooks;
perfHooks.monitorEventLoopDelay = (options) => {
  monitorsMs.push(options?.resolution ?? 10);
  return monitorEventLoopDelay(options);
};
syncBuiltinESMExports();

process.on('SIGUSR2', () => {
  // oxlint-disable-next-line no-underscore-dangle -- Node's own name; there is no public one
  const timersMs = [...timers.values()].map((timer) => timer._idleTimeout);
  process.stderr.write(`${JSON.stringify({ timersMs, monitorsMs })}\n`);
});
