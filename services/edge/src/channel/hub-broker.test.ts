import type { HistoryPage } from '@newswire/broker';
import { describe, expect, test } from 'vitest';
import { rigWith, settled, upTo } from '../../test/rig/hub-rig.js';

describe("the broker's events", () => {
  test('after an interruption the log is read, and missed publications follow in order', async () => {
    const { rig, first, epoch } = await rigWith(2);
    await rig.broker.unsubscribe('a');
    await rig.publish('a', 3);
    await rig.broker.subscribe('a', rig.hub);
    rig.hub.handleGap('a');
    await settled();
    await rig.publish('a', 1);
    expect([first.offsets, rig.fills, rig.gaps]).toEqual([upTo(1, 6), 1, []]);
    expect(epoch).not.toBe('');
  });

  test('a hole in the flow is filled in from the log', async () => {
    const { rig, first } = await rigWith(2);
    await rig.broker.unsubscribe('a');
    await rig.publish('a', 3);
    await rig.broker.subscribe('a', rig.hub);
    await rig.publish('a', 1);
    expect([first.offsets, rig.fills, rig.gaps]).toEqual([upTo(1, 6), 1, []]);
  });

  test('a hole that the log cannot fill is reported, and later subscribers continue', async () => {
    const { rig, first, epoch } = await rigWith(2);
    const seed = await rig.seed('a');
    await rig.broker.unsubscribe('a');
    await rig.publish('a', 3);
    await rig.broker.removeHistory('a');
    await rig.broker.subscribe('a', rig.hub);
    rig.hub.handleGap('a');
    await settled();
    expect(first.lines.at(-1)?.push?.unsubscribe?.code).toBe(2500);
    expect([seed.socket.closes, rig.gaps]).toEqual([[3010], [['a', 2]]]);
    const again = await rig.subscribed('a', { recover: true, offset: 2, epoch });
    expect(again.answer?.subscribe).toMatchObject({ recovered: false, offset: 5 });
  });

  test('a removal takes away flushed publications, and none that are still to be sent', async () => {
    const { rig, first, epoch } = await rigWith(5);
    await rig.broker.publish('a', '6');
    await rig.broker.removeHistory('a');
    await settled();
    expect(first.offsets).toEqual(upTo(1, 6));
    const client = await rig.subscribed('a', { recover: true, offset: 3, epoch });
    expect(client.answer?.subscribe).toMatchObject({ recovered: false, offset: 6 });
    const newest = await rig.subscribed('a', { recover: true, offset: 6, epoch });
    expect(newest.answer?.subscribe).toMatchObject({ recovered: true, offset: 6 });
  });

  test('publications removed while they were read are not delivered', async () => {
    const { rig, epoch } = await rigWith(50);
    const page = await rig.broker.history('a', 0, 100);
    const answer = rig.broker.hold();
    const client = await rig.subscribed('a', { recover: true, offset: 5, epoch });
    rig.broker.script = undefined;
    await rig.broker.removeHistory('a');
    answer(page);
    await settled();
    expect(client.answer?.subscribe).toMatchObject({ recovered: false, offset: 50 });
    expect(client.offsets).toEqual([]);
  });

  test('publications of a log that was lost while it was read are not delivered', async () => {
    const { rig, epoch } = await rigWith(50);
    const page = await rig.broker.history('a', 0, 100);
    const answer = rig.broker.hold();
    const client = await rig.subscribed('a', { recover: true, offset: 5, epoch });
    rig.broker.script = undefined;
    await rig.broker.unsubscribe('a');
    await rig.publish('a', 10);
    await rig.broker.removeHistory('a');
    await rig.broker.subscribe('a', rig.hub);
    rig.hub.handleGap('a');
    await settled();
    answer(page);
    await settled();
    expect(client.answer?.subscribe).toMatchObject({ recovered: false, offset: 60 });
    expect(client.offsets).toEqual([]);
  });

  test('while the log is read no publication is delivered twice', async () => {
    const { rig, first } = await rigWith(2);
    const answer = rig.broker.hold();
    rig.hub.handleGap('a');
    await rig.publish('a', 2);
    expect(first.offsets).toEqual([1, 2]);
    rig.broker.script = undefined;
    answer(await rig.broker.history('a', 2, 100));
    await settled();
    expect(first.offsets).toEqual([1, 2, 3, 4]);
  });
});

describe('the position of a quiet channel', () => {
  async function lostOne() {
    const { rig, first } = await rigWith(2);
    await rig.broker.unsubscribe('a');
    await rig.publish('a', 1);
    await rig.broker.subscribe('a', rig.hub);
    return { rig, first };
  }

  test('is compared with the broker, and publications missing after a second check are filled in', async () => {
    const { rig, first } = await lostOne();
    await rig.elapse(10_000); // a publication arrived since the last check
    expect(rig.broker.reads.at(-1)).not.toEqual([2, 0]);
    await rig.elapse(10_000);
    expect([first.offsets, rig.fills]).toEqual([[1, 2], 0]);
    await rig.elapse(999);
    expect(rig.fills).toBe(0);
    await rig.elapse(1);
    expect([first.offsets, rig.fills, rig.gaps]).toEqual([[1, 2, 3], 1, []]);
  });

  test('is not behind if the missing publication was only on its way', async () => {
    const { rig, first } = await lostOne();
    await rig.elapse(10_000);
    await rig.elapse(10_000);
    rig.hub.handlePublication('a', { offset: 3, data: '"x"' }, readEpoch(first), undefined);
    await rig.elapse(1000);
    await rig.elapse(30_000);
    expect([first.offsets, rig.fills]).toEqual([[1, 2, 3], 0]);
  });

  const emptyGeneration = { epoch: 'new', firstOffset: 1, follows: undefined };
  test.each([
    ['gone', { publications: [], agesMs: [], topOffset: 0, generation: undefined }],
    [
      'begun anew, and nothing was published since',
      { publications: [], agesMs: [], topOffset: 0, generation: emptyGeneration },
    ],
  ])('reports nothing while the log is %s', async (_, page: HistoryPage) => {
    const { rig, first } = await rigWith(2);
    rig.broker.script = () => page;
    for (let i = 0; i < 8; i++) await rig.elapse(10_000);
    expect(rig.fills).toBe(0);
    rig.hub.handleGap('a');
    await settled();
    expect([rig.gaps, first.socket.closes, first.lines.at(-1)?.push?.unsubscribe]).toEqual([
      [],
      [],
      undefined,
    ]);
  });

  test('is reported as a gap if the log is in another generation that has publications', async () => {
    const { rig, first } = await rigWith(2);
    rig.broker.script = () => ({
      publications: [],
      agesMs: [],
      topOffset: 1,
      generation: emptyGeneration,
    });
    for (let i = 0; i < 3; i++) await rig.elapse(10_000);
    expect(first.lines.at(-1)?.push?.unsubscribe?.code).toBe(2500);
    expect(rig.gaps).toEqual([['a', 1]]);
  });
});

const readEpoch = ({ answer }: { answer: { subscribe?: { epoch: string } } | undefined }) =>
  answer?.subscribe?.epoch ?? '';
