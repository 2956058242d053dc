// Run with `npx vitest bench --project unit services/edge/src/channel/outbox.bench.ts`.
import { FROM_NOW } from '@newswire/protocol';
import { bench, describe } from 'vitest';
import { FakeSocket, FakeSubscriptions } from '../../test/rig/rig.js';
import { ANONYMOUS, PLAIN_GRANT } from '../access/access.js';
import { centrifugeProtocol } from '../protocols/centrifuge/protocol.js';
import { CatchUp } from './catch-up.js';
import { LiveChannel } from './live-channel.js';
import { Outbox } from './outbox.js';
import { PositionCheck } from './position-check.js';
import { toRingPublication } from './ring.js';
import { Subscription } from './subscription.js';
import { PLAIN_TERMS } from './subscription-terms.js';

const PER_TICK = 64;
const DATA = JSON.stringify({ text: 'x'.repeat(100) });

const ignore = () => undefined;

function fail(error: unknown): never {
  throw error;
}

/** A channel with live sessions, whose frames go nowhere. */
class FlushBench {
  readonly #channel = new LiveChannel('a', { ringSize: 1000, ringBytes: 1_048_576 });
  readonly #outbox: Outbox;
  #offset = 0;

  constructor(sessions: number) {
    const limits = { maxBufferedBytes: 1_048_576, maxLagBytes: 1e9, maxLagMs: 1e9 };
    const maxMessageBytes = 1_048_576;
    const now = () => performance.now();
    const catchUp = new CatchUp({
      ...limits,
      maxMessageBytes,
      now,
      onStarved: ignore,
      onBroken: ignore,
      onFault: (_, error) => fail(error),
      onSlow: ignore,
      onServed: ignore,
    });
    this.#outbox = new Outbox({ publish: ignore }, catchUp, {
      maxFlushBytes: 1_048_576,
      maxMessageBytes,
      slowCheckBytes: 65_536,
      now,
      defer: ignore,
      onFault: (_, error) => fail(error),
      onBroken: ignore,
      onFlush: ignore,
    });
    this.#channel.log.restart({ epoch: 'e', firstOffset: 1, follows: undefined }, 0);
    this.#channel.makeReady(new PositionCheck(10_000, 0));
    for (let i = 0; i < sessions; i++) this.#subscribe(catchUp);
  }

  tick(): void {
    for (let i = 0; i < PER_TICK; i++) {
      const publication = toRingPublication({ offset: ++this.#offset, data: DATA }, 0);
      this.#channel.log.append(publication, this.#channel.keepFrom);
      this.#outbox.add(this.#channel);
    }
    this.#outbox.flush();
  }

  #subscribe(catchUp: CatchUp): void {
    const session = {
      connection: new FakeSocket(),
      protocol: centrifugeProtocol,
      client: 'client',
      credentials: ANONYMOUS,
      subscriptions: new FakeSubscriptions(),
      close: fail,
    };
    const subscription = new Subscription({
      session,
      channel: this.#channel,
      since: FROM_NOW,
      commandId: undefined,
      mustRecover: false,
      terms: PLAIN_TERMS,
      grant: PLAIN_GRANT,
      filter: undefined,
      createdMs: 0,
    });
    session.subscriptions.set('a', subscription);
    const { epoch, cursor } = this.#channel.flushed;
    catchUp.begin(subscription, epoch, cursor);
  }
}

describe(`a tick of ${PER_TICK} publications`, () => {
  const [few, many] = [new FlushBench(10), new FlushBench(10_000)];
  bench('to 10 sessions', () => few.tick());
  bench('to 10,000 sessions: encoded as often, and their unsent bytes are checked', () =>
    many.tick(),
  );
});

let sink: unknown;

describe('the time at which a publication arrived, for 1000 of them', () => {
  const outbox = new Outbox(
    { publish: ignore },
    { takeOff: ignore, takeOffSlow: ignore, serveAll: ignore },
    {
      maxFlushBytes: 1,
      maxMessageBytes: 1,
      slowCheckBytes: 1,
      now: () => performance.now(),
      defer: ignore,
      onFault: ignore,
      onBroken: ignore,
      onFlush: ignore,
    },
  );
  outbox.add(new LiveChannel('a', { ringSize: 1, ringBytes: 1 }));

  bench('the time of the tick', () => {
    for (let i = 0; i < 1000; i++) sink = outbox.tickMs;
  });

  bench('the clock', () => {
    for (let i = 0; i < 1000; i++) sink = performance.now();
  });
});

export const lastSink = () => sink;
