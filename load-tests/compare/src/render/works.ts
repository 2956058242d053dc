import type { LoadResult } from '@newswire/load-harness';
import type { WorkId } from '../contender.js';
import type { Better, Pick } from './figures.js';
import { formatBytes, formatCount } from './numbers.js';

/** A figure of a load, as it is put into tables and plots; its label as within a sentence. */
export interface Measure {
  readonly label: string;
  readonly better: Better;
  readonly pick: Pick<LoadResult>;
}

export const DELIVERIES: Measure = {
  label: 'thousand deliveries a second',
  better: 'more',
  pick: (r) => r.deliveries_per_s / 1000,
};

/** As many microseconds a delivery. */
export const CPU: Measure = {
  label: 'CPU seconds per million deliveries',
  better: 'less',
  pick: (r) => r.server_cpu_s_per_million,
};

export const P99: Measure = {
  label: 'p99 of latency, ms',
  better: 'less',
  pick: (r) => r.latency_ms.p99,
};

/** A work that is one load at several settings. */
export interface PointWork {
  readonly id: WorkId & ('windows' | 'channels' | 'payloads' | 'growth');
  readonly title: string;
  readonly about: string;
  /** What the settings are, as in a table's head and at a plot's axis. */
  readonly axis: string;
  readonly formatAt: (at: number) => string;
  /** As the overview calls one of them. */
  readonly labelAt: (at: number) => string;
  /** The first one is plotted. */
  readonly measures: readonly [Measure, ...Measure[]];
}

export const POINT_WORKS: Readonly<Record<PointWork['id'], PointWork>> = {
  windows: {
    id: 'windows',
    title: 'Fan-out by messages in flight',
    about:
      '1,000 subscribers of one channel. Closed loop: a message is in flight until all subscribers have it, and the next one is sent when fewer than the window are.',
    axis: 'messages in flight',
    formatAt: formatCount,
    labelAt: (at) => `Window ${formatCount(at)}`,
    measures: [DELIVERIES, CPU, P99],
  },
  channels: {
    id: 'channels',
    title: '1,000 channels',
    about: '1,000 channels with a subscriber each, in turn. Closed loop.',
    axis: 'messages in flight',
    formatAt: formatCount,
    labelAt: (at) => `1,000 channels, window ${formatCount(at)}`,
    measures: [DELIVERIES, CPU, P99],
  },
  payloads: {
    id: 'payloads',
    title: 'Fan-out by size',
    about: 'One channel, closed loop with 16 messages in flight.',
    axis: 'bytes of a message',
    formatAt: formatBytes,
    labelAt: (at) => `Messages of ${formatBytes(at)}`,
    measures: [DELIVERIES, CPU, P99],
  },
  growth: {
    id: 'growth',
    title: 'Cost by subscribers',
    about:
      'One channel, closed loop with one message in flight. CPU seconds per million deliveries are microseconds a delivery: where that stays flat, cost grows linearly with the subscribers.',
    axis: 'subscribers',
    formatAt: formatCount,
    labelAt: (at) => `${formatCount(at)} subscribers`,
    measures: [CPU, DELIVERIES],
  },
};

/** The works that are not one load at several settings. */
const OTHER_WORKS = {
  sustained: {
    title: 'Sustained maximum',
    about:
      'Open loop: rates rise until p99 passes 100 ms, something is lost, or publishers fall behind. The maximum is the last step that held; latency counts from when a message was due.',
  },
  connections: {
    title: 'Connections',
    about: '10,000 connections that subscribed and then only stand.',
  },
  recovery: {
    title: 'Recovery',
    about:
      'All connections are cut while publications go on; then all clients come back, with the library that users of the system have. Only systems that claim recovery take part. “Lost” never came and nobody was told; “told” did not come, and the client was told so.',
  },
} as const;

/** What the page says of a work, whichever it is. */
const WORKS_SAID: Readonly<Record<WorkId, { readonly title: string; readonly about: string }>> = {
  ...POINT_WORKS,
  ...OTHER_WORKS,
};

export const titleOf = (work: WorkId): string => WORKS_SAID[work].title;
export const aboutOf = (work: WorkId): string => WORKS_SAID[work].about;
