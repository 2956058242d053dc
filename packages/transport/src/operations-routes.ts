import type { HttpReply, HttpRoute } from './http.js';
import { jsonReply } from './http.js';

/** The state of a service, for its operators. */
export interface Operations {
  /** The reasons why the service should get no requests; empty if there are none. */
  readonly notReady: () => readonly string[];
  /** The metrics in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

/**
 * `/metrics` for Prometheus. `/healthz`: 200 while the process lives. `/readyz`: 200 `{"ready":true}`, or 503
 * `{"ready":false,"reasons":[…]}` with one sentence for each thing that is missing.
 */
export function operationsRoutes({ notReady, metrics }: Operations): HttpRoute[] {
  const readiness = (): HttpReply => {
    const missing = notReady();
    if (missing.length === 0) return jsonReply(200, { ready: true });
    return jsonReply(503, { ready: false, reasons: missing });
  };
  const exposition = async (): Promise<HttpReply> => ({
    status: 200,
    headers: { 'Content-Type': 'text/plain; version=0.0.4' },
    body: await metrics(),
  });
  return [
    { method: 'GET', path: '/healthz', handle: () => jsonReply(200, { alive: true }) },
    { method: 'GET', path: '/readyz', handle: readiness },
    { method: 'GET', path: '/metrics', handle: exposition },
  ];
}
