import { FROM_NOW, type Protocol } from '@newswire/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeSocket, FakeSubscriptions, LIMITS } from '../../test/rig/rig.js';
import { ANONYMOUS, PLAIN_GRANT } from '../access/access.js';
import { centrifugeProtocol } from '../protocols/centrifuge/protocol.js';
import { seedProtocol } from '../protocols/seed/codec.js';
import { LiveChannel } from './live-channel.js';
import { PositionCheck } from './position-check.js';
import { toRingPublication } from './ring.js';
import { PLAIN_TERMS } from './subscription-terms.js';
import {
  Subscription,
  type SubscribedChannel,
  type Subscriber,
  type SubscriptionState,
} from './subscription.js';

function never(): never {
  throw new Error('this is not called');
}

function newSubscriber(protocol: Protocol = seedProtocol): Subscriber {
  return {
    connection: new FakeSocket(),
    protocol,
    client: 'client',
    credentials: ANONYMOUS,
    subscriptions: new FakeSubscriptions(),
    close: never,
  };
}

/** A ready channel that was flushed up to its third publication. */
function newChannel(): LiveChannel {
  const channel = new LiveChannel('a', LIMITS);
  channel.log.restart({ epoch: 'e', firstOffset: 1, follows: undefined }, 0);
  channel.makeReady(new PositionCheck(1000, 0));
  for (const offset of [1, 2, 3]) publish(channel, offset);
  return channel;
}

function publish(channel: LiveChannel, offset: number): void {
  const publication = toRingPublication({ offset, data: '"1234"' }, 0);
  channel.log.append(publication, channel.keepFrom);
  channel.advance([publication]);
}

function newSubscription(
  channel: SubscribedChannel,
  protocol: Protocol = seedProtocol,
  terms = PLAIN_TERMS,
): Subscription {
  return new Subscription({
    session: newSubscriber(protocol),
    channel,
    since: FROM_NOW,
    commandId: undefined,
    mustRecover: false,
    terms,
    grant: PLAIN_GRANT,
    filter: undefined,
    createdMs: 0,
  });
}

type Name = SubscriptionState['name'];

const NAMES: readonly Name[] = ['waiting', 'lagging', 'live', 'ended'];

/** What happens to a subscription, and the states in which it may. */
const TRANSITIONS: Readonly<
  Record<string, { apply(subscription: Subscription): void; from: Partial<Record<Name, Name>> }>
> = {
  awaitOlder: { apply: (each) => each.awaitOlder(1), from: { waiting: 'waiting' } },
  lookUp: { apply: (each) => each.lookUp(), from: { waiting: 'waiting' } },
  begin: {
    apply: (each) => each.begin('e', each.channel.flushed.cursor),
    from: { waiting: 'lagging' },
  },
  advance: { apply: (each) => each.advance([]), from: { lagging: 'lagging' } },
  skipToFlushed: { apply: (each) => each.skipToFlushed(), from: { lagging: 'lagging' } },
  goLive: { apply: (each) => each.goLive(), from: { lagging: 'live' } },
  lag: { apply: (each) => each.lag(), from: { live: 'lagging' } },
  end: {
    apply: (each) => each.end(),
    from: { waiting: 'ended', lagging: 'ended', live: 'ended' },
  },
};

/** A subscription in this state, caught up if it has begun. */
function inState(name: Name, channel: SubscribedChannel = newChannel()): Subscription {
  const subscription = newSubscription(channel);
  if (name === 'waiting') return subscription;
  if (name !== 'ended') subscription.begin('e', channel.flushed.cursor);
  if (name === 'live') subscription.goLive();
  if (name === 'ended') subscription.end();
  return subscription;
}

const PAIRS = Object.keys(TRANSITIONS).flatMap((transition) =>
  NAMES.map((from) => [transition, from, TRANSITIONS[transition]?.from[from]] as const),
);
const ALLOWED = PAIRS.filter(([, , to]) => to !== undefined);
const REFUSED = PAIRS.filter(([, , to]) => to === undefined);

describe('a subscription', () => {
  test.each(ALLOWED)('%s while %s makes it %s', (transition, from, to) => {
    const subscription = inState(from);
    TRANSITIONS[transition]?.apply(subscription);
    expect(subscription.state.name).toBe(to);
  });

  test.each(REFUSED)('%s while %s is refused, and changes nothing', (transition, from) => {
    const subscription = inState(from);
    const { state } = subscription;
    expect(() => TRANSITIONS[transition]?.apply(subscription)).toThrow(`it is ${from}`);
    expect(subscription.state).toBe(state);
  });

  test('goes live only where its channel was flushed: neither before nor after', () => {
    const channel = newChannel();
    const { cursor } = channel.flushed;
    for (const wrong of [cursor - 1, cursor + 1]) {
      const subscription = newSubscription(channel);
      subscription.begin('e', wrong);
      expect(() => subscription.goLive()).toThrow('cannot go live');
      expect(subscription.state).toMatchObject({ name: 'lagging', cursor: wrong });
    }
  });

  test('has a cursor only while it lags, and a requested cursor only while it waits', () => {
    const channel = newChannel();
    const { cursor, bytes } = channel.flushed;
    const subscription = newSubscription(channel);
    subscription.awaitOlder(cursor - 2);
    subscription.lookUp();
    const waiting = { name: 'waiting', requestedCursor: cursor - 2, isLookedUp: true };
    expect(subscription.state).toEqual(waiting);
    subscription.begin('e', cursor - 2);
    const lagging = { name: 'lagging', cursor: cursor - 2, servedBytes: bytes };
    expect(subscription.state).toEqual(lagging);
    subscription.advance(channel.log.slice(cursor - 2, cursor, 1000) ?? []);
    expect(subscription.state).toEqual({ ...lagging, cursor });
    subscription.goLive();
    expect(subscription.state).toEqual({ name: 'live' });
    publish(channel, 4);
    subscription.lag();
    expect(subscription.state).toEqual({ ...lagging, cursor: cursor + 1, servedBytes: bytes + 6 });
    subscription.end();
    expect(subscription.state).toEqual({ name: 'ended' });
  });

  test('lags by what was flushed since, and was not sent to it', () => {
    const channel = newChannel();
    const subscription = inState('live', channel);
    subscription.lag();
    expect(subscription.lagBytes).toBe(0);
    publish(channel, 4);
    publish(channel, 5);
    expect(subscription.lagBytes).toBe(12);
    subscription.advance(channel.log.slice(channel.flushed.cursor - 2, channel.log.end, 6) ?? []);
    expect(subscription.lagBytes).toBe(6);
  });

  test('that skips is given the epoch of where it goes on', () => {
    const channel = newChannel();
    const subscription = inState('live', channel);
    subscription.lag();
    channel.log.beginGeneration({ epoch: 'f', firstOffset: 1 });
    channel.enterGeneration();
    publish(channel, 1);
    subscription.skipToFlushed();
    const { cursor } = channel.flushed;
    expect(subscription.state).toMatchObject({ cursor });
    const positioned = newSubscription(channel, centrifugeProtocol);
    positioned.begin('e', cursor);
    positioned.skipToFlushed();
    expect([positioned.canContinueIn('e'), positioned.canContinueIn('f')]).toEqual([false, true]);
  });

  test.each([
    [
      'of a protocol with positions: only in the generation that it was given',
      centrifugeProtocol,
      true,
    ],
    ['of a protocol without positions: in any', seedProtocol, false],
  ])('%s', (_, protocol, keepsPosition) => {
    const subscription = newSubscription(newChannel(), protocol);
    subscription.begin('e', 1);
    expect(subscription.canContinueIn('e')).toBe(true);
    expect(subscription.canContinueIn('f')).toBe(!keepsPosition);
  });

  test('that wants differences gets the first publication whole, and again after a gap', () => {
    const channel = newChannel();
    const terms = { ...PLAIN_TERMS, hasDelta: true };
    const subscription = newSubscription(channel, centrifugeProtocol, terms);
    const whole = subscription.codec;
    subscription.begin('e', channel.flushed.cursor);
    expect(subscription.codec).toBe(whole);
    publish(channel, 4);
    subscription.advance(channel.log.slice(channel.flushed.cursor - 1, channel.log.end, 6) ?? []);
    expect(subscription.codec).not.toBe(whole);
    subscription.skipToFlushed();
    expect(subscription.codec).toBe(whole);
  });
});

/** The sets in which a channel has a subscription. */
function placesOf(channel: LiveChannel, subscription: Subscription): string[] {
  const audiences = channel.audiences;
  const isMember = audiences.some(({ members }) => members.has(subscription));
  return [
    ...(channel.waiting.has(subscription) ? ['waiting'] : []),
    ...(channel.lagging.has(subscription) ? ['lagging'] : []),
    ...(isMember ? ['live'] : []),
  ];
}

describe('a channel under random changes of its subscriptions', () => {
  test('has each in the place of its state only, and those live on its topic', () => {
    const steps = fc.array(
      fc.tuple(
        fc.nat(2),
        fc.constantFrom('begin', 'begin live', 'goLive', 'lag', 'end', 'publish', 'skip'),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (path) => {
        const channel = newChannel();
        const all = [0, 1, 2].map(() => newSubscription(channel));
        for (const each of all) channel.addWaiting(each);
        for (const [which, step] of path) {
          const subscription = all[which] ?? never();
          try {
            if (step === 'begin') channel.begin(subscription, 'e', channel.flushed.cursor, false);
            if (step === 'begin live')
              channel.begin(subscription, 'e', channel.flushed.cursor, true);
            if (step === 'goLive') channel.goLive(subscription);
            if (step === 'lag') channel.lag(subscription);
            if (step === 'end') channel.end(subscription);
          } catch {
            // It was refused: what follows shows that it changed nothing.
          }
          if (step === 'publish') publish(channel, channel.log.position.offset + 1);
          if (step === 'skip') channel.skipToEnd();
          for (const each of all) {
            const { name } = each.state;
            const { topics } = each.session.connection as FakeSocket;
            expect(placesOf(channel, each)).toEqual(name === 'ended' ? [] : [name]);
            expect([...topics]).toEqual(name === 'live' ? ['seed a'] : []);
          }
          expect(channel.isEmpty).toBe(all.every(({ state }) => state.name === 'ended'));
          expect(channel.listenerCount).toBe(all.filter(({ hasBegun }) => hasBegun).length);
        }
      }),
    );
  });
});
