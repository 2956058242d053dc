// Large items, and some subscribers that stop reading now and again: they get all, and harm nobody.
import { Trend } from 'k6/metrics';
import { CentrifugeClient } from '../lib/centrifuge-client.ts';
import { NONE } from '../lib/metrics.ts';
import { begin, channelOf, index, limitMs, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { readSlowly } from '../lib/slow-reader.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const SLOW_SHARE = 0.2;
/**
 * More than the kernel's buffers take for a connection that nobody reads, and little more than a log
 * keeps. A slow reader whose log has moved on is told so, which is no fault.
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

export const options = optionsOf(
  settings,
  {
    fast: once(settings, 'fast', settings.subscribers - slow),
    slow: once(settings, 'slowly', slow),
    publishers: once(settings, 'publisher', settings.publishers),
  },
  {
    'received{reader:fast}': ['count>0'],
    'received{reader:slow}': ['count>0'],
    'gaps_told{reader:fast}': NONE,
    gaps_told: [],
  },
);

export const setup = (): Run => begin(settings);

export function fast(run: Run): void {
  const { baseUrl } = settings;
  const channels = [channelOf(run, index())];
  const tags = { reader: 'fast' };
  void new CentrifugeClient({ baseUrl, channels, limitMs: limitMs(settings), tags });
}

export function slowly(run: Run): void {
  readSlowly({
    baseUrl: settings.baseUrl,
    channel: channelOf(run, index()),
    stallS,
    limitMs: limitMs(settings),
    tags: { reader: 'slow' },
    latency: slowLatency,
  });
}

export function publisher(run: Run): void {
  publishRun(settings, run);
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
