import { Socket } from 'node:net';
import { ProtocolError } from '@newswire/protocol';
import { freePort, until } from '@newswire/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Broker, BrokerParts } from '@newswire/broker';
import { TestLog } from '@newswire/broker/contract';
import { Cable } from './cable.js';
import { EdgePeer } from '../src/delegate-peer.js';
import { DelegateRig, QUICK, Recorder, untilUp } from './delegate-rig.js';

const rig = new DelegateRig();
const cables: Cable[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await rig.dispose();
  for (const cable of cables.splice(0)) cable.close();
});

/** A center, and an edge with a link that can be cut. */
async function cabled(options: Parameters<DelegateRig['center']>[1] = {}) {
  const edge = await rig.edge();
  const cable = await Cable.to(edge.port);
  cables.push(cable);
  const center = rig.center([cable.port], options);
  await untilUp(center, edge);
  return { edge, cable, center };
}

function publishMany({ broker }: BrokerParts, count: number, channel = 'a'): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, i) => broker.publish(channel, String(i))));
}

const AWAY = { code: 100, temporary: true, message: 'internal error: center is away, try again' };

describe('a link cut in the middle of a stream', () => {
  /** Reads the log at each gap, as a hub does. */
  class Reader extends Recorder {
    readonly tops: Promise<number>[] = [];
    readonly #broker: Broker;

    constructor(broker: Broker) {
      super();
      this.#broker = broker;
    }

    override handleGap(): void {
      super.handleGap();
      this.tops.push(this.#broker.history('a', 0, 0).then(({ topOffset }) => topOffset));
    }
  }

  async function readThroughCuts(count: number) {
    const { edge, cable, center } = await cabled({
      getLimits: () => ({ historySize: 100_000, historyTtlMs: 60_000 }),
    });
    const reader = new Reader(edge.broker);
    await edge.broker.subscribe('a', reader);
    for (let cuts = 1; cuts <= count; cuts++) {
      await publishMany(center, 40);
      if (cuts % 2 === 0) await until('some', () => reader.data.length > 10);
      cable.cut();
      // Some are lost in the cable, some are published while center knows of the cut, some on the
      // new link.
      await until('the gap', async () => {
        await publishMany(center, 7);
        return reader.tops.length === cuts;
      });
      await reader.tops.at(-1); // the next cut would end the read
    }
    const { offset } = await center.broker.publish('a', '"last"');
    await until('the last', () => reader.seen.at(-1) === offset);
    return { edge, reader };
  }

  test('a gap is reported before anything later; the log has all up to where the flow continues', async () => {
    const { edge, reader } = await readThroughCuts(5);
    const tops = await Promise.all(reader.tops);
    let heardOffset = 0;
    let goesOnFrom = 1;
    let missed = 0;
    for (const seen of reader.seen) {
      if (seen === 'gap') {
        goesOnFrom = (tops.shift() ?? 0) + 1;
        continue;
      }
      const offset = seen === 'first 1' ? 1 : Number(seen);
      expect(offset).toBeGreaterThan(heardOffset);
      expect(offset).toBeLessThanOrEqual(goesOnFrom);
      missed += offset - heardOffset - 1;
      heardOffset = offset;
      goesOnFrom = offset + 1;
    }
    expect(missed).toBeGreaterThan(0);
    const { publications } = await edge.broker.history('a', 0, 100_000);
    expect(publications.map(({ offset }) => offset)).toEqual(
      Array.from({ length: heardOffset }, (_, i) => i + 1),
    );
  });

  test('while it lasts all requests fail at once as temporary, and are not carried out later', async () => {
    const { edge, cable, center } = await cabled();
    const recorder = new Recorder();
    await edge.broker.subscribe('kept', recorder);
    await edge.broker.subscribe('left', recorder);
    cable.cut({ isOpen: false });
    await until('the fault', () => edge.broker.fault);
    expect(edge.broker.fault).toBe('center is away');
    expect(center.broker.fault).toMatch(/^no edge is linked: the edge at /);
    const { broker, control } = edge;
    for (const request of [
      () => broker.publish('a', '1'),
      () => broker.subscribe('never', recorder),
      () => broker.history('a', 0, 1),
      () => broker.removeHistory('a'),
      () => control.serve(() => ({ channels: {} }), 'a'),
    ]) {
      const error: unknown = await request().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject(AWAY);
    }
    await broker.unsubscribe('left');
    cable.mend();
    await untilUp(center, edge);
    await until('the gap', () => recorder.seen.length > 0);
    for (const channel of ['never', 'left', 'a', 'kept']) await center.broker.publish(channel, '1');
    await until('the publication', () => recorder.data.length > 0);
    expect(recorder.seen).toEqual(['gap', 'first 1']);
    expect((await broker.history('a', 0, 9)).topOffset).toBe(1);
  });

  test('requests under way fail with it', async () => {
    const { edge, cable } = await cabled();
    cable.freeze();
    const requests = Array.from({ length: 30 }, (_, i) => [
      edge.broker.publish(`a${i}`, '1'),
      edge.broker.history(`a${i}`, 0, 1),
      edge.broker.subscribe(`a${i}`, new Recorder()),
    ]).flat();
    const settled = Promise.allSettled(requests);
    cable.cut();
    for (const result of await settled) expect(result).toMatchObject({ reason: AWAY });
  });

  test('a request that center does not answer fails within its time limit', async () => {
    const edge = await rig.edge({ publishTimeoutMs: 50, limits: { silentBeats: 600 } });
    const cable = await Cable.to(edge.port);
    cables.push(cable);
    await untilUp(rig.center([cable.port]), edge);
    cable.freeze();
    for (const request of [
      edge.broker.publish('a', '1'),
      edge.broker.history('a', 0, 1),
      edge.broker.subscribe('a', new Recorder()),
    ]) {
      await expect(request).rejects.toMatchObject({
        code: 100,
        message: 'internal error: center did not answer in time, try again',
      });
    }
    expect(edge.broker.fault).toBeUndefined();
  });
});

test('a restarted edge is linked again and receives its subscriptions', async () => {
  const port = await freePort();
  const first = await rig.edge({ delegatePort: port });
  const log = new TestLog();
  const center = rig.center([port], { log });
  await untilUp(center, first);
  await first.broker.subscribe('a', new Recorder());
  const position = await center.broker.publish('a', '1');
  await rig.close(first);
  await until('the fault', () => center.broker.fault);
  // No subscriber receives it now, but the log keeps it.
  expect(await center.broker.publish('a', '2')).toEqual({ ...position, offset: 2 });
  const second = await rig.edge({ delegatePort: port });
  await untilUp(center, second);
  const recorder = new Recorder();
  await second.broker.subscribe('a', recorder);
  await center.broker.publish('a', '3');
  await until('the publication', () => recorder.seen.length > 0);
  expect(recorder.seen).toEqual([3]);
  const { publications } = await second.broker.history('a', 0, 10);
  expect(publications.map(({ data }) => data)).toEqual(['1', '2', '3']);
  expect(log.count('is linked')).toBe(2);
});

test('a restarted center has lost its logs: a gap is reported, and the new generation follows nothing', async () => {
  const { center, edge } = await rig.linked();
  const recorder = new Recorder();
  await edge.broker.subscribe('a', recorder);
  const before = await center.broker.publish('a', '1');
  await until('the first', () => recorder.seen.length === 1);
  await rig.close(center);
  await until('the fault', () => edge.broker.fault);
  const restarted = rig.center([edge.port]);
  await untilUp(restarted, edge);
  await until('the gap', () => recorder.seen.length === 2);
  const after = await restarted.broker.publish('a', '2');
  await until('the second', () => recorder.seen.length === 3);
  expect(recorder.seen).toEqual(['first 1', 'gap', 'first 1']);
  expect(after.epoch).not.toBe(before.epoch);
  const { generation } = await edge.broker.history('a', 0, 1);
  expect(generation).toEqual({ epoch: after.epoch, firstOffset: 1, follows: undefined });
});

test('an edge that stops reading is cut, and holds up neither publishing nor the others', async () => {
  const log = new TestLog();
  const limits = { ...QUICK, silentBeats: 600, maxUnsentBytes: 1_048_576 };
  const [good, slow] = [await rig.edge(), await rig.edge({ limits })];
  const cable = await Cable.to(slow.port);
  cables.push(cable);
  const center = rig.center([good.port, cable.port], { log, limits });
  await untilUp(good, slow);
  const [received, missed] = [new Recorder(), new Recorder()];
  await good.broker.subscribe('a', received);
  await slow.broker.subscribe('a', missed);
  cable.hold();
  const item = JSON.stringify('x'.repeat(64_000));
  let published = 0;
  const isCut = () => log.count('reads its link too slowly') > 0;
  // The kernel buffers some MiB first.
  while (!isCut() && published < 1000) {
    await Promise.all(Array.from({ length: 10 }, () => center.broker.publish('a', item)));
    published += 10;
    await until('the good edge', () => received.data.length === published);
  }
  expect(isCut()).toBe(true);
  expect(missed.data.length).toBeLessThan(published);
  await until('the gap', () => missed.seen.includes('gap'));
  const { offset } = await center.broker.publish('a', '"last"');
  await until('the slow one', () => missed.seen.at(-1) === offset);
});

test('a hundred channels that read their logs at once do not cut their own link', async () => {
  const limits = { ...QUICK, maxUnsentBytes: 3_000_000 };
  const { center, edge } = await rig.linked(1, { limits, historyBytes: 8_000_000 });
  const item = JSON.stringify('x'.repeat(100_000));
  const channels = Array.from({ length: 100 }, (_, i) => `c${i}`);
  for (const channel of channels) {
    for (let i = 0; i < 11; i++) await center.broker.publish(channel, item);
  }
  const pages = await Promise.all(channels.map((channel) => edge.broker.history(channel, 0, 100)));
  expect(pages.map(({ publications }) => publications.length)).toEqual(channels.map(() => 10));
  expect(edge.broker.fault).toBeUndefined();
});

test('only what an edge subscribed to is sent to it', async () => {
  const { edge, cable, center } = await cabled();
  const recorder = new Recorder();
  await edge.broker.subscribe('mine', recorder);
  await edge.broker.subscribe('left', recorder);
  await edge.broker.unsubscribe('left');
  await center.broker.publish('other', '"not for it"');
  await edge.broker.history('fence', 0, 0); // the unsubscribe was handled by then
  await center.broker.publish('left', '"not for it"');
  await center.broker.publish('mine', '"for it"');
  await until('the publication', () => recorder.data.length === 1);
  expect(cable.carried).not.toContain('not for it');
});

test('center keeps nothing for an edge that has gone', async () => {
  const { center, edge } = await rig.linked();
  const told = vi.spyOn(EdgePeer.prototype, 'handlePublication');
  await edge.broker.subscribe('a', new Recorder());
  await center.broker.publish('a', '1');
  expect(told).toHaveBeenCalledTimes(1);
  await rig.close(edge);
  await until('the fault', () => center.broker.fault);
  await center.broker.publish('a', '2');
  expect(told).toHaveBeenCalledTimes(1);
});

test('publications on their way to an earlier subscription do not reach the next one', async () => {
  const { edge, cable, center } = await cabled();
  const [earlier, later] = [new Recorder(), new Recorder()];
  await edge.broker.subscribe('a', earlier);
  cable.hold();
  await center.broker.publish('a', '1');
  await edge.broker.unsubscribe('a');
  const subscribed = edge.broker.subscribe('a', later);
  cable.release();
  await subscribed;
  await center.broker.publish('a', '2');
  await until('the publication', () => later.seen.length > 0);
  expect(earlier.seen).toEqual([]);
  expect(later.seen).toEqual([2]);
});

test("a tick's publications leave in one write a link, and are written when publish resolves", async () => {
  const { center, edges } = await rig.linked(2);
  const recorders: Recorder[] = [];
  for (const { broker } of edges) {
    const recorder = new Recorder();
    recorders.push(recorder);
    await broker.subscribe('a', recorder);
  }
  const write = vi.spyOn(Socket.prototype, 'write');
  const written = () => write.mock.calls.map(([text]) => String(text)).filter((t) => t[0] === 'P');
  const single = center.broker.publish('a', '0');
  expect(written()).toHaveLength(0);
  await single;
  expect(written()).toHaveLength(2);
  await publishMany(center, 500);
  expect(written()).toHaveLength(4);
  await until('all', () => recorders.every(({ data }) => data.length === 501));
});

test('a wildcard goes on after a cut, with a gap', async () => {
  const edge = await rig.edge();
  const cable = await Cable.to(edge.port);
  cables.push(cable);
  const center = rig.center([cable.port]);
  await untilUp(edge, center);
  const recorder = new Recorder();
  await edge.broker.subscribe('sports:*', recorder);
  await center.broker.publish('sports:1', '1');
  await until('the first', () => recorder.data.length === 1);
  cable.cut();
  await until('the gap', () => recorder.seen.includes('gap'));
  await center.broker.publish('sports:2', '2');
  await until('the second', () => recorder.data.length === 2);
  expect(recorder.seen).toEqual(['first 1', 'gap', 'first 1']);
});

test('listeners are notified of a removal, in order', async () => {
  const { center, edge, edges } = await rig.linked(2);
  const recorder = new Recorder();
  await edge.broker.subscribe('a', recorder);
  await center.broker.publish('a', '1');
  await edges[1]?.broker.removeHistory('a');
  await center.broker.publish('a', '2');
  await until('all', () => recorder.seen.length === 3);
  expect(recorder.seen).toEqual(['first 1', 'removed 1', 2]);
  expect((await edge.broker.history('a', 0, 9)).publications).toEqual([{ offset: 2, data: '2' }]);
});

test('a handler that throws affects neither other handlers nor the link', async () => {
  const faults: unknown[] = [];
  const edge = await rig.edge({ onListenerFault: (error) => faults.push(error) });
  const center = rig.center([edge.port]);
  await untilUp(center, edge);
  const recorder = new Recorder();
  const fail = () => {
    throw new Error('a handler failed');
  };
  await edge.broker.subscribe('bad', {
    handlePublication: fail,
    handleGap: fail,
    handleRemoval: fail,
  });
  await edge.broker.subscribe('good', recorder);
  await Promise.all([center.broker.publish('bad', '1'), center.broker.publish('good', '2')]);
  await center.broker.removeHistory('bad');
  await until('the good one', () => recorder.data.length === 1);
  await until('the faults', () => faults.length === 2);
  expect(edge.broker.fault).toBeUndefined();
});

test('nothing that is published or asked for can be taken for another line', async () => {
  const { center, edge } = await rig.linked();
  const recorder = new Recorder();
  await edge.broker.subscribe('a', recorder);
  const bad = { code: 107 };
  const split = '"x"\nR a 1';
  await expect(center.broker.publish('a', split)).rejects.toMatchObject(bad);
  await expect(edge.broker.publish('a', split)).rejects.toMatchObject(bad);
  await expect(edge.broker.subscribe('a b', recorder)).rejects.toMatchObject(bad);
  await expect(edge.broker.history('a 0', 0, 1)).rejects.toMatchObject(bad);
  await expect(edge.broker.removeHistory('a\nX 1 b')).rejects.toMatchObject(bad);
  const options = { idempotencyKey: 'a key\nwith "all" sorts: 😀 ' };
  const first = await edge.broker.publish('a', '1', options);
  expect(await center.broker.publish('a', '2', options)).toEqual(first);
  await until('the one', () => recorder.seen.length > 0);
  expect(recorder.seen).toEqual(['first 1']);
});

describe('control over the links', () => {
  const CHANNELS = { method: 'channels' } as const;

  test('every edge that serves answers, on its next link too', async () => {
    const { center, edges } = await rig.linked(2);
    expect(await center.control.request(CHANNELS)).toEqual([]);
    for (const [i, { control }] of edges.entries()) {
      await control.serve(() => ({ channels: { a: i + 1 } }), `edge-${i}`);
    }
    const both = await Promise.all([1, 2].map(() => center.control.request(CHANNELS)));
    for (const replies of both) {
      const counts = replies.map(({ channels }) => channels?.['a'] ?? 0).toSorted((a, b) => a - b);
      expect(counts).toEqual([1, 2]);
    }
    await rig.close(center);
    const restarted = rig.center(edges.map(({ port }) => port));
    await untilUp(restarted, ...edges);
    await until(
      'both',
      async () => (await restarted.control.request(CHANNELS)).length === edges.length,
    );
  });

  test('an edge that does not answer or disconnects is reported', async () => {
    const good = await rig.edge();
    const bad = await rig.edge();
    const cable = await Cable.to(bad.port);
    cables.push(cable);
    const limits = { ...QUICK, silentBeats: 600 };
    const center = rig.center([good.port, cable.port], { publishTimeoutMs: 200, limits });
    await untilUp(good, bad);
    await good.control.serve(() => ({ channels: {} }), 'good');
    await bad.control.serve(() => ({ channels: {} }), 'bad');
    const late = { code: 100, message: /1 of 2 edges answered within 200 ms, try again$/ };
    const sentence = { ...late, message: expect.stringMatching(late.message) };
    cable.freeze();
    await expect(center.control.request(CHANNELS)).rejects.toMatchObject(sentence);
    const away = { code: 100, temporary: true };
    await expect(center.control.requestFrom('bad', CHANNELS)).rejects.toMatchObject(away);
    await expect(good.control.requestFrom('bad', CHANNELS)).rejects.toMatchObject(away);
    const interrupted = center.control.request(CHANNELS);
    cable.cut({ isOpen: false });
    await expect(interrupted).rejects.toMatchObject({ code: 100, temporary: true });
    expect(await center.control.request(CHANNELS)).toEqual([{ channels: {} }]);
  });

  test('only edges serve; while center is away they request nothing', async () => {
    const { center, edge } = await rig.linked();
    const unavailable = { code: 108 };
    await expect(center.control.serve(() => ({}), 'a')).rejects.toMatchObject(unavailable);
    await rig.close(center);
    await until('the link to be lost', () => edge.broker.fault !== undefined);
    const away = { code: 100, temporary: true };
    await expect(edge.control.request(CHANNELS)).rejects.toMatchObject(away);
    await expect(edge.control.requestFrom('a', CHANNELS)).rejects.toMatchObject(away);
  });
});

test("center's own process may listen too", async () => {
  const { center, edge } = await rig.linked();
  const recorder = new Recorder();
  await center.broker.subscribe('a', recorder);
  await edge.broker.publish('a', '1');
  await center.broker.unsubscribe('a');
  await edge.broker.publish('a', '2');
  expect(recorder.seen).toEqual(['first 1']);
});
