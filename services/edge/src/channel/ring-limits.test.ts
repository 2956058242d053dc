import { describe, expect, test } from 'vitest';
import { readDeltas } from '../../test/rig/delta-texts.js';
import { type HubClient, HubRig, settled, upTo } from '../../test/rig/hub-rig.js';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';
import fc from 'fast-check';

const newRig = (options: Partial<typeof OPEN_NAMESPACE>, ringSize = 1000) => {
  const namespace = { ...OPEN_NAMESPACE, ...options };
  return new HubRig(ringSize, { getOptions: () => namespace, getLimits: () => namespace });
};

const readEpoch = ({ answer }: HubClient) => answer?.subscribe?.epoch ?? '';

/** A client that reconnects with a position. */
const backAt = (rig: HubRig, epoch: string, offset: number) =>
  rig.subscribed('a', { recover: true, epoch, offset });

const replayed = ({ answer }: HubClient) => ({
  recovered: answer?.subscribe?.recovered,
  offsets: (answer?.subscribe?.publications ?? []).map(({ offset }) => offset),
});

const LOST = { recovered: false, offsets: [] };

describe('an edge that listened all the time', () => {
  test('gives no subscriber a newest publication that has expired in the log', async () => {
    const rig = newRig({ cacheRecovery: true, historyTtlMs: 1000 });
    await rig.subscribed('a');
    await rig.publish('a', 1);
    rig.nowMs += 999;
    expect(replayed(await rig.subscribed('a'))).toEqual({ recovered: true, offsets: [1] });
    rig.nowMs += 1;
    const late = await rig.subscribed('a');
    expect([late.answer?.subscribe?.recovered, late.offsets]).toEqual([undefined, []]);
  });

  test('recovers no position that is too old, or further back than the log keeps', async () => {
    const rig = newRig({ historySize: 2, historyTtlMs: 1000 });
    const epoch = readEpoch(await rig.subscribed('a'));
    await rig.publish('a', 4);
    expect(replayed(await backAt(rig, epoch, 1))).toEqual(LOST);
    expect(replayed(await backAt(rig, epoch, 2))).toEqual({ recovered: true, offsets: [3, 4] });
    rig.nowMs += 1000;
    expect(replayed(await backAt(rig, epoch, 3))).toEqual(LOST);
    expect(replayed(await backAt(rig, epoch, 4))).toEqual({ recovered: true, offsets: [] });
  });

  test('counts the age of publications read from the log from when they were published', async () => {
    const rig = newRig({ historyTtlMs: 1000 });
    const { epoch } = await rig.publish('a', 2);
    rig.nowMs += 900;
    expect(replayed(await backAt(rig, epoch, 1))).toEqual({ recovered: true, offsets: [2] });
    rig.nowMs += 100;
    expect(replayed(await backAt(rig, epoch, 1))).toEqual(LOST);
  });

  test('counts the age of publications received during a read from when they arrived', async () => {
    const rig = newRig({ historyTtlMs: 1000 });
    const first = await rig.subscribed('a');
    await rig.publish('a', 1);
    const answer = rig.broker.hold();
    rig.hub.handleGap('a');
    await rig.publish('a', 1);
    rig.nowMs += 1000;
    const generation = { epoch: readEpoch(first), firstOffset: 1, follows: undefined };
    answer({ publications: [], agesMs: [], topOffset: 1, generation });
    rig.broker.script = undefined;
    await settled();
    expect(first.offsets).toEqual([1, 2]);
    expect(replayed(await backAt(rig, readEpoch(first), 1))).toEqual(LOST);
  });

  test('counts the age from the arrival while another channel has something to send', async () => {
    const rig = newRig({ cacheRecovery: true, historyTtlMs: 1000 });
    await rig.subscribed('a');
    await rig.publish('a', 1);
    rig.nowMs += 60_000;
    const opened = rig.subscribed('b');
    // The log of b was read, and the flush at the end of this tick is scheduled.
    for (let i = 0; i < 20; i++) await Promise.resolve();
    void rig.broker.publish('a', '"2"');
    await opened;
    expect(replayed(await rig.subscribed('a'))).toEqual({ recovered: true, offsets: [2] });
  });

  test('counts the age from the arrival while more is to be sent than a tick allows', async () => {
    const namespace = { ...OPEN_NAMESPACE, cacheRecovery: true, historyTtlMs: 1000 };
    const getOptions = () => namespace;
    const rig = new HubRig(1000, { getOptions, getLimits: getOptions, maxFlushBytes: 4096 });
    await rig.subscribed('a');
    for (let i = 0; i < 30; i++) void rig.broker.publish('a', `"${'x'.repeat(4000)}"`);
    for (let i = 0; i < 10; i++) {
      await new Promise(setImmediate);
      rig.nowMs += 300;
    }
    void rig.broker.publish('a', '"last"');
    await settled();
    await settled();
    expect(replayed(await rig.subscribed('a'))).toEqual({ recovered: true, offsets: [31] });
  });

  test('serves a lagging session everything since it lags, and no other session', async () => {
    const rig = newRig({ historySize: 2, historyTtlMs: 1000 });
    const slow = await rig.subscribed('a');
    await rig.publish('a', 1);
    slow.socket.buffered = 1e9;
    await rig.publish('a', 8);
    await rig.elapse(5000);
    expect(replayed(await backAt(rig, readEpoch(slow), 1))).toEqual(LOST);
    expect(replayed(await backAt(rig, readEpoch(slow), 8))).toEqual(LOST);
    slow.socket.buffered = 0;
    slow.session.handleDrain();
    await settled();
    expect(slow.offsets).toEqual(upTo(1, 9));
  });

  test('drops expired publications, except for the newest', async () => {
    const rig = newRig({ historyTtlMs: 1000 });
    const first = await rig.subscribed('a');
    await rig.publish('a', 5);
    await rig.elapse(1000);
    const channel = first.session.subscriptions.get('a')?.channel;
    expect((channel?.log.end ?? 0) - (channel?.log.ringStart ?? 0)).toBe(1);
    await rig.publish('a', 1);
    expect(first.offsets).toEqual(upTo(1, 6));
    expect(replayed(await backAt(rig, readEpoch(first), 5))).toEqual({
      recovered: true,
      offsets: [6],
    });
  });
});

describe('after the history was removed', () => {
  test('publications sent in the same tick are not recovered', async () => {
    const rig = newRig({ cacheRecovery: true });
    const first = await rig.subscribed('a');
    void rig.broker.publish('a', '"1"');
    void rig.broker.removeHistory('a');
    await settled();
    expect(first.offsets).toEqual([1]);
    expect((await rig.subscribed('a')).offsets).toEqual([]);
  });

  test('publications read before it, and received after it, are not recovered', async () => {
    const rig = newRig({});
    const { epoch } = await rig.publish('a', 3);
    const page = await rig.broker.history('a', 0, 10);
    const answer = rig.broker.hold();
    const request = { recover: true, epoch, offset: 1 };
    const first = rig.open();
    first.subscribe('a', request);
    await settled();
    await rig.broker.removeHistory('a');
    answer(page);
    rig.broker.script = undefined;
    await settled();
    expect(replayed(first)).toEqual(LOST);
    await rig.publish('a', 1);
    expect(replayed(await backAt(rig, epoch, 1))).toEqual(LOST);
    expect(replayed(await backAt(rig, epoch, 3))).toEqual({ recovered: true, offsets: [4] });
  });
});

type Step = readonly [name: StepName, count: number];
type StepName = 'publish' | 'elapse' | 'sweep' | 'remove' | 'stall' | 'read' | 'recover' | 'begin';

/** The publications that a client receives when it subscribes now, in any frames. */
async function givenBy(rig: HubRig, request: { readonly delta?: string }) {
  const client = await rig.subscribed('a', request);
  const { epoch, offset, recovered } = client.answer?.subscribe ?? {};
  const data = request.delta ? readDeltas(client).texts : client.pubs.map((pub) => pub.data);
  const given = { epoch, offset, recovered, offsets: client.offsets, data };
  client.session.handleClose(1000);
  return given;
}

/** The same for an edge that has just started. */
async function givenByFresh(
  rig: HubRig,
  request: { readonly delta?: string },
  options: typeof OPEN_NAMESPACE,
) {
  const fresh = new HubRig(1000, { getOptions: () => options, getLimits: () => options });
  fresh.nowMs = rig.nowMs;
  fresh.broker.script = (since, limit) => rig.broker.history('a', since, limit);
  return givenBy(fresh, request);
}

test('an edge with a ring gives a new subscriber the same as one without', async () => {
  const weighted = (name: StepName, weight: number, max: number) => ({
    arbitrary: fc.tuple(fc.constant(name), fc.nat(max)),
    weight,
  });
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      weighted('publish', 6, 4),
      weighted('elapse', 4, 700),
      weighted('sweep', 2, 700),
      weighted('remove', 1, 1),
      weighted('stall', 1, 0),
      weighted('read', 1, 0),
      weighted('recover', 8, 30),
      weighted('begin', 2, 0),
    ),
    { maxLength: 40 },
  );
  const settings = fc.record({
    historySize: fc.integer({ min: 1, max: 12 }),
    historyTtlMs: fc.constantFrom(500, 2000, 1_000_000),
    historyBytes: fc.constantFrom(40, 100, 1_000_000),
    cacheRecovery: fc.boolean(),
    delta: fc.boolean(),
    ringSize: fc.constantFrom(3, 1000),
  });
  const property = fc.asyncProperty(
    steps,
    settings,
    async (path, { ringSize, historyBytes, ...more }) => {
      const options = { ...OPEN_NAMESPACE, ...more };
      const rig = new HubRig(ringSize, {
        getOptions: () => options,
        getLimits: () => options,
        historyBytes,
      });
      const first = await rig.subscribed('a');
      const slow = await rig.subscribed('a');
      let top = 0;
      for (const [name, count] of path) {
        const delta = options.delta ? { delta: 'fossil' } : {};
        const position = { recover: true, epoch: readEpoch(first), offset: Math.min(top, count) };
        const request = { ...delta, ...(name === 'recover' ? position : {}) };
        switch (name) {
          case 'publish':
            for (let i = 0; i < count; i++) await rig.publish('a', 1, 'x'.repeat((top++ % 4) * 10));
            break;
          case 'elapse':
            rig.nowMs += count;
            break;
          case 'sweep':
            await rig.elapse(count);
            break;
          case 'remove':
            if (count > 0) void rig.broker.publish('a', '"removed"');
            top += count;
            await rig.broker.removeHistory('a');
            await settled();
            break;
          case 'stall':
            slow.socket.buffered = 1e9;
            break;
          case 'read':
            slow.socket.buffered = 0;
            slow.session.handleDrain();
            break;
          default:
            expect(await givenBy(rig, request)).toEqual(await givenByFresh(rig, request, options));
        }
      }
      expect(first.offsets).toEqual(upTo(1, top));
    },
  );
  await fc.assert(property, { numRuns: 100 });
}, 60_000);
