// k6 has no SSE: load-tests/sse/listener.mjs holds these connections, and what it receives is judged here.
import { sleep } from 'k6';
import http from 'k6/http';
import { Judge, parseItem } from './judge.ts';
import { connectionErrors, gapsReported } from './metrics.ts';

const POLL_EVERY_S = 0.5;
const STARTS_WITHIN_S = 10;
const TAGS = { protocol: 'sse' };

/** What the listener answers. */
interface ListenerEvents {
  readonly deliveries: readonly (readonly [connection: number, atMs: number, text: string])[];
  /** Connections of which all channels have begun. */
  readonly subscribed: number;
  /** Why connections ended, and gaps that the server reported, since the last time. */
  readonly failures: readonly string[];
}

/** What subscribers over SSE are to do. */
export interface SsePlan {
  readonly baseUrl: string;
  readonly channels: readonly string[];
  readonly connections: number;
  readonly limitMs: number;
}

function listenerUrl(): string {
  const url = __ENV.SSE_URL;
  if (!url)
    throw new Error(
      'this scenario needs the SSE listener: run it with load-tests/run, which starts it',
    );
  return url;
}

/** Why the listener is not there, or null. Waits until it has started. */
export function listenerMissing(): string | null {
  const url = listenerUrl();
  for (let waitedS = 0; waitedS < STARTS_WITHIN_S; waitedS += POLL_EVERY_S) {
    if (http.get(`${url}/events`).status === 200) return null;
    sleep(POLL_EVERY_S);
  }
  return `the SSE listener does not answer at ${url}`;
}

function post(path: string, body: unknown): void {
  const { status } = http.post(listenerUrl() + path, JSON.stringify(body));
  if (status !== 200) throw new Error(`the SSE listener answered ${status} to ${path}`);
}

/** Subscribes and judges what comes until all channels have ended, or until `limitMs`; blocks its VU. */
export function subscribeOverSse(plan: SsePlan): void {
  const { baseUrl, channels, connections } = plan;
  const judges = Array.from({ length: connections }, () => new Judge(TAGS));
  const endMs = Date.now() + plan.limitMs;
  post('/listen', { baseUrl, channels, connections });
  for (let isOver = false; !isOver;) {
    sleep(POLL_EVERY_S);
    // What is polled for after all have ended is what was late.
    isOver = Date.now() >= endMs || judges.every(({ hasEnded }) => hasEnded);
    judge(judges, http.get(`${listenerUrl()}/events`).json() as unknown as ListenerEvents);
  }
  post('/leave', {});
  for (const each of judges) each.report();
}

function judge(judges: readonly Judge[], { deliveries, failures }: ListenerEvents): void {
  for (const [connection, atMs, text] of deliveries) {
    const item = parseItem(text);
    if (item) judges[connection]?.take(item, atMs);
  }
  const gaps = failures.filter((failure) => failure.startsWith('gap')).length;
  gapsReported.add(gaps, TAGS);
  connectionErrors.add(failures.length - gaps, TAGS);
}
