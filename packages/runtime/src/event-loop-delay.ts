import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/**
 * Each sample wakes the process. prom-client's 10 ms took most of the CPU time of an idle process.
 */
export const SAMPLE_INTERVAL_MS = 100;

type DelayHistogram = Pick<
  IntervalHistogram,
  'min' | 'max' | 'mean' | 'stddev' | 'percentile' | 'reset'
>;

/** The figures, by their names in prom-client. */
const FIGURES: Readonly<Record<string, (histogram: DelayHistogram) => number>> = {
  min: ({ min }) => computeDelay(min),
  max: ({ max }) => computeDelay(max),
  mean: ({ mean }) => computeDelay(mean),
  stddev: ({ stddev }) => (stddev > 0 ? stddev / 1e9 : 0),
  p50: (histogram) => computeDelay(histogram.percentile(50)),
  p90: (histogram) => computeDelay(histogram.percentile(90)),
  p99: (histogram) => computeDelay(histogram.percentile(99)),
};

const metricName = (figure: string) => `nodejs_eventloop_lag_${figure}_seconds`;

/** The names that `registerDelayMetrics` registers. prom-client uses the same names. */
export const DELAY_METRICS: readonly string[] = Object.keys(FIGURES).map(metricName);

/** Samples the event loop's delay in this process from now on. */
export function monitorDelay(): DelayHistogram {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE_INTERVAL_MS });
  histogram.enable();
  return histogram;
}

/**
 * Registers the event loop's delay since the last scrape, in seconds. The histogram holds the time
 * between two samples, in ns. The delay is the part that exceeds the interval, so it is 0 in an
 * idle process.
 */
export function registerDelayMetrics(registry: Registry, histogram: DelayHistogram): void {
  let unread = 0;
  for (const [figure, read] of Object.entries(FIGURES)) {
    const help = `Event loop delay since the last scrape (${figure}), sampled every ${SAMPLE_INTERVAL_MS} ms.`;
    const collect = () => {
      gauge.set(read(histogram));
      unread = (unread + 1) % DELAY_METRICS.length;
      // A scrape reads all figures in one turn. The samples can be dropped after the last of them.
      if (unread === 0) histogram.reset();
    };
    const gauge: Gauge = new Gauge({
      name: metricName(figure),
      help,
      registers: [registry],
      collect,
    });
  }
}

/**
 * In seconds. Without a sample the histogram has a minimum of 2^63 ns and a mean of NaN: no delay.
 */
function computeDelay(intervalNs: number): number {
  const delayMs = intervalNs / 1e6 - SAMPLE_INTERVAL_MS;
  return delayMs > 0 && intervalNs < 2 ** 62 ? delayMs / 1000 : 0;
}
