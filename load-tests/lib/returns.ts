import { Counter, Trend } from 'k6/metrics';
import type { LatencySink } from './judge.ts';
import type { Thresholds } from './metrics.ts';
import type { Settings } from './settings.ts';

/** From opening a connection again until it has all subscriptions back. */
export const returnTime = new Trend('return_time', true);
/** Connections that came back. */
export const returned = new Counter('returned');
/** Items that were published while their subscriber was away. */
export const caughtUp = new Counter('caught_up');

/** All come back as often as they were cut, soon, and something was published meanwhile. */
export function returnThresholds({ subscribers, limitsMs }: Settings, storms: number): Thresholds {
  return {
    returned: [`count==${subscribers * storms}`],
    caught_up: ['count>0'],
    return_time: [`p(95)<${limitsMs.p95}`, `p(99)<${limitsMs.p99}`],
  };
}

/** A subscriber's goings: what it missed meanwhile says nothing about how fast live items come. */
export class Returns implements LatencySink {
  readonly #live: LatencySink;
  readonly #missed: Counter;
  #isAway = false;
  #backMs = 0;

  constructor(live: LatencySink, missed: Counter) {
    this.#live = live;
    this.#missed = missed;
  }

  handleCut(): void {
    this.#isAway = true;
  }

  handleReturn(tookMs: number): void {
    this.#isAway = false;
    this.#backMs = Date.now();
    returnTime.add(tookMs);
    returned.add(1);
  }

  add(ms: number): void {
    if (this.#isAway || Date.now() - ms < this.#backMs) this.#missed.add(1);
    else this.#live.add(ms);
  }
}
