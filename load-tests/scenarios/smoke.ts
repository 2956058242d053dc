// Everything once, in seconds: health, publishing in each way, and both WebSocket wires.
import http from 'k6/http';
import { Api } from '../lib/api.ts';
import { subscribeOverEither, wireThresholds } from '../lib/both-wires.ts';
import { publishInAllWays, requestThresholds, wrongAnswers } from '../lib/requests.ts';
import { begin, once, optionsOf, publishRun } from '../lib/run.ts';
import type { Run } from '../lib/run.ts';
import { readSettings } from '../lib/settings.ts';
import { writeResults } from '../lib/summary.ts';
import type { SummaryData } from '../lib/summary.ts';

const settings = readSettings('smoke', { VUS: 2, RATE: 20, DURATION: '2s' }, { leastVus: 2 });

export const options = optionsOf(
  settings,
  {
    subscribers: once(settings, 'subscriber', settings.subscribers),
    publishers: once(settings, 'publisher', settings.publishers),
  },
  { ...wireThresholds(['seed', 'centrifuge']), ...requestThresholds(settings) },
);

export function setup(): Run {
  const run = begin(settings);
  for (const path of ['/healthz', '/readyz']) {
    wrongAnswers.add(http.get(settings.baseUrl + path).status === 200 ? 0 : 1);
  }
  return run;
}

export function subscriber(run: Run): void {
  subscribeOverEither(settings, run);
}

export function publisher(run: Run): void {
  publishRun(settings, run, 'first', publishInAllWays(new Api(settings.baseUrl)));
}

export const handleSummary = (data: SummaryData) => writeResults(data, settings);
