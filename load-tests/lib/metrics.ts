import { Counter, Trend } from 'k6/metrics';
import type { Settings } from './settings.ts';

/** From publishing to receiving, in whole milliseconds: k6 has no finer clock. */
export const deliveryLatency = new Trend('delivery_latency', true);
export const published = new Counter('published');
export const publishErrors = new Counter('publish_errors');
export const received = new Counter('received');
export const lost = new Counter('lost');
export const doubled = new Counter('doubled');
export const reordered = new Counter('reordered');
/** Sockets that failed, or closed before their channel had ended. */
export const connectionErrors = new Counter('connection_errors');
/** Subscribers that never saw their channel's end: what they lost behind is not known. */
export const endsMissed = new Counter('ends_missed');
/** Subscribers that were not subscribed when the publishers gave up waiting for them. */
export const notSubscribed = new Counter('not_subscribed');

/** Nothing lost, doubled, reordered or broken, and latencies within the limits. */
export function thresholds(limitsMs: Settings['limitsMs']): Record<string, string[]> {
  const none = ['count==0'];
  return {
    delivery_latency: [`p(50)<${limitsMs.p50}`, `p(95)<${limitsMs.p95}`, `p(99)<${limitsMs.p99}`],
    received: ['count>0'],
    lost: none,
    doubled: none,
    reordered: none,
    connection_errors: none,
    ends_missed: none,
    not_subscribed: none,
    publish_errors: none,
  };
}
