import { Counter, Trend } from 'k6/metrics';
import type { Settings } from './settings.ts';

/** From publishing to receiving, in whole milliseconds: k6 has no finer clock. */
export const deliveryLatency = new Trend('delivery_latency', true);
/** How late k6's own timers wake the publishers: what is in this is in the latencies, too. */
export const timerLag = new Trend('timer_lag', true);
export const published = new Counter('published');
export const publishErrors = new Counter('publish_errors');
export const received = new Counter('received');
export const lost = new Counter('lost');
export const doubled = new Counter('doubled');
export const reordered = new Counter('reordered');
/** Connections that failed, or closed before their channels had ended. */
export const connectionErrors = new Counter('connection_errors');
/** Subscriptions that never saw their channel's end: what they lost behind is not known. */
export const endsMissed = new Counter('ends_missed');
/** Subscriptions that were not there when the publishers gave up waiting for them. */
export const notSubscribed = new Counter('not_subscribed');
/** Times that the server said it cannot give what was missed. */
export const gapsReported = new Counter('gaps_reported');
/** From opening a connection until all its subscriptions were answered. */
export const connectTime = new Trend('connect_time', true);

/** k6's conditions, by metric. */
export type Thresholds = Record<string, string[]>;

export const NONE = ['count==0'];

/** Nothing lost, doubled, reordered or broken, and latencies within the limits. */
export function thresholds(limitsMs: Settings['limitsMs']): Thresholds {
  return {
    delivery_latency: [`p(50)<${limitsMs.p50}`, `p(95)<${limitsMs.p95}`, `p(99)<${limitsMs.p99}`],
    received: ['count>0'],
    lost: NONE,
    doubled: NONE,
    reordered: NONE,
    connection_errors: NONE,
    ends_missed: NONE,
    not_subscribed: NONE,
    gaps_reported: NONE,
    publish_errors: NONE,
  };
}
