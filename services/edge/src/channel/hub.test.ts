import { describe, expect, test } from 'vitest';
import { HubRig, rigWith, settled, upTo } from '../../test/rig/hub-rig.js';
import { PresenceModel } from '../../test/rig/presence-model.js';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';

describe('a position', () => {
  test("in the ring needs no read of the broker's log", async () => {
    const { rig, epoch, first } = await rigWith(20);
    const reads = rig.broker.reads.length;
    const client = await rig.subscribed('a', { recover: true, offset: 12, epoch });
    expect(client.answer?.subscribe).toMatchObject({ recovered: true, offset: 12, epoch });
    expect(client.offsets).toEqual(upTo(13, 20));
    await rig.publish('a', 1);
    expect([client.offsets.at(-1), first.offsets]).toEqual([21, upTo(1, 21)]);
    expect([rig.broker.reads.length, rig.recoveries]).toEqual([reads, [true]]);
  });

  test('that is old takes one read of the log for all clients that return', async () => {
    const { rig, epoch } = await rigWith(500);
    const reads = rig.broker.reads.length;
    const clients = [50, 20, 90, 20].map((offset) => {
      const client = rig.open();
      client.subscribe('a', { recover: true, offset, epoch });
      return client;
    });
    await settled();
    expect(clients.map(({ offsets }) => offsets)).toEqual([
      upTo(51, 500),
      upTo(21, 500),
      upTo(91, 500),
      upTo(21, 500),
    ]);
    expect(rig.broker.reads.length - reads).toBe(1);
  });

  test('that is old takes one read for all clients, also if the reply has room for little of it', async () => {
    const { rig, epoch } = await rigWith(0);
    await rig.publish('a', 30, 'x'.repeat(5000));
    const reads = rig.broker.reads.length;
    const clients = Array.from({ length: 5 }, () => rig.open());
    for (const client of clients) client.subscribe('a', { recover: true, offset: 2, epoch });
    await settled();
    for (const { offsets } of clients) expect(offsets).toEqual(upTo(3, 30));
    expect(rig.broker.reads.length - reads).toBe(1);
  });

  test('that is old is read again for a later client: nothing is kept without a subscription', async () => {
    const { rig, epoch } = await rigWith(50);
    const asked = { recover: true, offset: 20, epoch };
    let answer: () => void = () => undefined;
    rig.broker.script = (since, limit) => {
      rig.broker.script = undefined;
      return new Promise(
        (resolve) => (answer = () => resolve(rig.broker.history('a', since, limit))),
      );
    };
    const gone = await rig.subscribed('a', asked);
    gone.session.handleClose(1006);
    answer();
    await settled();
    const reads = rig.broker.reads.length;
    const client = await rig.subscribed('a', asked);
    expect([client.offsets, rig.broker.reads.length - reads]).toEqual([upTo(21, 50), 1]);
  });

  test('is found among large publications, of which a page has few', async () => {
    const { rig, epoch } = await rigWith(0);
    await rig.publish('a', 200, 'x'.repeat(60_000));
    const client = await rig.subscribed('a', { recover: true, offset: 150, epoch });
    expect(client.answer?.subscribe?.recovered).toBe(true);
    expect(client.offsets).toEqual(upTo(151, 200));
  });

  test('that the log no longer has is not recovered, or refused with 112 where it must be', async () => {
    const { rig, epoch } = await rigWith(50);
    await rig.broker.removeHistory('a');
    const asked = { recover: true, offset: 5, epoch };
    const client = await rig.subscribed('a', asked);
    expect(client.answer?.subscribe).toMatchObject({ recovered: false, offset: 50, epoch });
    const strict = await rig.subscribed('a', { ...asked, flag: 2 });
    expect(strict.answer?.error?.code).toBe(112);
    expect(strict.session.subscriptions.size).toBe(0);
    await rig.publish('a', 1);
    expect([client.offsets, strict.offsets]).toEqual([[51], []]);
    expect(rig.recoveries).toEqual([false, false]);
  });

  test('that is ahead is awaited, then looked up, then not recovered', async () => {
    const { rig, epoch } = await rigWith(5);
    const soon = await rig.subscribed('a', { recover: true, offset: 6, epoch });
    const never = await rig.subscribed('a', { recover: true, offset: 60, epoch });
    expect([soon.answer, never.answer]).toEqual([undefined, undefined]);
    await rig.publish('a', 2);
    expect(soon.answer?.subscribe).toMatchObject({ recovered: true, offset: 6 });
    expect(soon.offsets).toEqual([7]);
    await rig.elapse(499);
    expect(never.answer).toBeUndefined();
    const reads = rig.broker.reads.length;
    await rig.elapse(1);
    expect(never.answer?.subscribe).toMatchObject({ recovered: false, offset: 7 });
    expect(rig.broker.reads.length).toBeGreaterThan(reads);
  });
});

describe('a subscription', () => {
  test('that cannot begin in time is refused, temporarily; in a protocol without replies it waits on', async () => {
    const rig = new HubRig();
    rig.broker.script = () => Promise.reject(new Error('away'));
    const client = await rig.subscribed('a');
    const seed = await rig.seed('a');
    await rig.elapse(2999);
    expect(client.answer).toBeUndefined();
    await rig.elapse(1);
    expect(client.answer?.error).toMatchObject({ code: 100, temporary: true });
    rig.broker.script = undefined;
    await settled();
    await rig.publish('a', 1);
    expect([client.offsets, seed.socket.frames]).toEqual([[], ['x']]);
    expect(rig.hub.counts()).toEqual({ a: 1 });
  });

  test('whose session ends while its reply is sent has not begun, and has no member', async () => {
    const presence = new PresenceModel();
    const getOptions = () => ({ ...OPEN_NAMESPACE, presence: true });
    const rig = new HubRig(10, { presence, getOptions });
    const first = await rig.subscribed('a');
    const client = await rig.connected();
    client.socket.send = () => client.session.handleClose(1006);
    client.send({ id: 2, subscribe: { channel: 'a' } });
    await settled();
    expect([rig.hub.counts(), [...client.socket.topics]]).toEqual([{ a: 1 }, []]);
    expect([...(await presence.members('a')).keys()]).toEqual([first.session.client]);
  });

  test('keeps its channel followed, and for a while longer', async () => {
    const { rig, first, epoch } = await rigWith(5);
    first.session.handleFrame('{"id":3,"unsubscribe":{"channel":"a"}}');
    await rig.elapse(4999);
    await rig.publish('a', 1);
    expect([rig.hub.channelCount, rig.hub.counts()]).toEqual([1, {}]);
    const reads = rig.broker.reads.length;
    const again = await rig.subscribed('a', { recover: true, offset: 5, epoch });
    expect([again.offsets, rig.broker.reads.length]).toEqual([[6], reads]);
    again.session.handleClose(1006);
    await rig.elapse(5000);
    expect(rig.hub.channelCount).toBe(0);
  });

  test('to many names that a client invents leaves only a limited number of channels followed', async () => {
    const rig = new HubRig(10, { maxIdleChannels: 20 });
    const stays = await rig.subscribed('a');
    const { epoch } = await rig.publish('a', 1);
    const client = await rig.connected();
    for (let i = 0; i < 200; i++) {
      client.send({ id: 3, subscribe: { channel: `n${i}` } });
      await settled();
      client.send({ id: 4, unsubscribe: { channel: `n${i}` } });
    }
    expect(rig.hub.channelCount).toBe(21);
    const reads = rig.broker.reads.length;
    client.send({ id: 5, subscribe: { channel: 'n199' } });
    await settled();
    expect(rig.broker.reads).toHaveLength(reads); // still followed
    client.send({ id: 6, subscribe: { channel: 'n0' } });
    await settled();
    expect(rig.broker.reads.length).toBeGreaterThan(reads);
    stays.session.handleClose(1006);
    expect((await rig.subscribed('a', { recover: true, offset: 0, epoch })).offsets).toEqual([1]);
  });

  test('that is slow is served from the log, far behind the ring', async () => {
    const { rig, first } = await rigWith(0);
    first.socket.buffered = 300_000;
    await rig.publish('a', 200, 'x'.repeat(60_000));
    expect(first.offsets).toEqual([]);
    first.socket.buffered = 0;
    rig.catchUp.serve(first.session);
    await settled();
    expect(first.offsets).toEqual(upTo(1, 200));
    await rig.publish('a', 1);
    expect(first.offsets.at(-1)).toBe(201);
  });

  test('whose next publication was removed is notified: 2500, or 3010 without positions', async () => {
    const { rig, first } = await rigWith(0);
    const seed = await rig.seed('a');
    for (const { socket } of [first, seed]) socket.buffered = 300_000;
    await rig.publish('a', 30);
    await rig.broker.removeHistory('a');
    for (const { socket, session } of [first, seed]) {
      socket.buffered = 0;
      rig.catchUp.serve(session);
    }
    await settled();
    expect(first.lines.at(-1)?.push?.unsubscribe?.code).toBe(2500);
    expect([first.offsets, seed.socket.frames, seed.socket.closes]).toEqual([[], [], [3010]]);
  });
});
