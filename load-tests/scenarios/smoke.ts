// Everything once, in seconds: health, publishing in each way, and both WebSocket protocols.
import http from 'k6/http';
import { subscribeOverEither, protocolThresholds } from '../lib/both-protocols.ts';
import { publishInAllWays, requestThresholds, wrongAnswers } from '../lib/requests.ts';
import { defineScenario } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';

const settings = readSettings('smoke', { VUS: 2, RATE: 20, DURATION: '2s' }, { leastVus: 2 });
const scenario = defineScenario(settings, {
  thresholds: { ...protocolThresholds(['seed', 'centrifuge']), ...requestThresholds(settings) },
  publish: publishInAllWays,
});

export const { options, publisher, handleSummary } = scenario;

export function setup(): Run {
  const run = scenario.setup();
  for (const path of ['/healthz', '/readyz']) {
    wrongAnswers.add(http.get(settings.baseUrl + path).status === 200 ? 0 : 1);
  }
  return run;
}

export function subscriber(run: Run): void {
  subscribeOverEither(settings, run);
}
