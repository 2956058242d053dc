// Large items, and some subscribers that pause reading: they receive all of it, and the others notice nothing.
import { Trend } from 'k6/metrics';
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { NONE } from '../lib/metrics.ts';
import { chooseChannel, defineScenario, index, limitMs } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { readSlowly } from '../lib/slow-reader.ts';

const SLOW_SHARE = 0.2;
/**
 * More than the kernel buffers for a connection that is not read, and little more than a log keeps. A gap
 * reported to a slow reader is no fault.
 */
const BYTES_A_STALL = 10 * 1024 * 1024;

const settings = readSettings(
  'slow-consumers',
  {
    VUS: 20,
    RATE: 40,
    DURATION: '15s',
    SIZE: 32_768,
  },
  { leastVus: 2 },
);
const slow = Math.ceil(settings.subscribers * SLOW_SHARE);
const stallS = BYTES_A_STALL / (settings.ratePerS * settings.padBytes);
const slowLatency = new Trend('slow_latency', true);

export const { options, setup, publisher, handleSummary } = defineScenario(settings, {
  roles: { fast: settings.subscribers - slow, slowly: slow },
  thresholds: {
    'received{reader:fast}': ['count>0'],
    'received{reader:slow}': ['count>0'],
    'gaps_reported{reader:fast}': NONE,
    gaps_reported: [],
  },
});

export function fast(run: Run): void {
  const { baseUrl } = settings;
  const channels = [chooseChannel(run, index())];
  const tags = { reader: 'fast' };
  void new CentrifugeClient({ baseUrl, channels, limitMs: limitMs(settings), tags });
}

export function slowly(run: Run): void {
  readSlowly({
    baseUrl: settings.baseUrl,
    channel: chooseChannel(run, index()),
    stallS,
    limitMs: limitMs(settings),
    tags: { reader: 'slow' },
    latency: slowLatency,
  });
}
