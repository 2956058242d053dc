import { describe, expect, test } from 'vitest';
import type { NamespaceOptions } from '@newswire/runtime';
import { HubRig, settled, type HubClient } from '../../test/rig/hub-rig.js';
import { parseTagsFilter } from '@newswire/protocol';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';

import { toRingPublication } from './ring.js';
import { ChannelFilters } from './tags-filters.js';

const FILTERED: NamespaceOptions = { ...OPEN_NAMESPACE, allowTagsFilter: true, delta: true };
const RED = { key: 'colour', cmp: 'eq', val: 'red' };
const BLUE = { key: 'colour', cmp: 'eq', val: 'blue' };

function rigWith(options: Partial<NamespaceOptions> = {}, more: object = {}): HubRig {
  const namespace = { ...FILTERED, ...options };
  return new HubRig(10, { getOptions: () => namespace, ...more });
}

/** Publishes one publication of each colour; its data is the colour. '' has no tags. */
async function publish(rig: HubRig, ...colours: string[]): Promise<void> {
  for (const colour of colours) {
    const extra = `"tags":${JSON.stringify({ colour })}`;
    await rig.broker.publish('a', JSON.stringify(colour), colour === '' ? {} : { extra });
  }
  await settled();
}

const colours = ({ pubs }: HubClient) => pubs.map(({ data }) => data);

describe('a subscription with a filter by tags', () => {
  test('receives what matches, with its own offsets, beside others', async () => {
    const rig = rigWith();
    const [red, alsoRed, blue, all] = [
      await rig.subscribed('a', { tf: RED }),
      await rig.subscribed('a', { tf: { ...RED, op: '' } }),
      await rig.subscribed('a', { tf: { op: 'or', nodes: [BLUE, { key: 'colour', cmp: 'nex' }] } }),
      await rig.subscribed('a'),
    ];
    await publish(rig, 'red', 'blue', '', 'red');
    expect(red.offsets).toEqual([1, 4]);
    expect(alsoRed.offsets).toEqual([1, 4]);
    expect(blue.offsets).toEqual([2, 3]);
    expect(all.offsets).toEqual([1, 2, 3, 4]);
    expect(rig.gaps).toEqual([]);
  });

  test('equal filters are one topic, and are encoded and judged once', async () => {
    const rig = rigWith();
    const [one, two, other] = [
      await rig.subscribed('a', { tf: RED }),
      await rig.subscribed('a', { tf: RED }),
      await rig.subscribed('a', { tf: BLUE }),
    ];
    const topicsOf = ({ socket }: HubClient) => [...socket.topics];
    expect(topicsOf(one)).toEqual(topicsOf(two));
    expect(topicsOf(one)).not.toEqual(topicsOf(other));
    const filters = new ChannelFilters(2);
    const filter = filters.use(parseTagsFilter(RED));
    expect(filters.use(parseTagsFilter({ ...RED, vals: [] }))).toBe(filter);
    let reads = 0;
    const publication = toRingPublication({ offset: 1, data: '1' }, 0);
    const counted = Object.defineProperty(publication, 'extra', {
      get: () => (reads++, '"tags":{"colour":"red"}'),
    });
    for (let i = 0; i < 3; i++) expect(filter.select([counted])).toHaveLength(1);
    expect(reads).toBe(1);
  });

  test('results of filters that are gone do not pile up', () => {
    const filters = new ChannelFilters(3);
    const publication = toRingPublication({ offset: 1, data: '1' }, 0);
    for (let n = 0; n < 100; n++) {
      const filter = filters.use(parseTagsFilter({ ...RED, val: `${n}` }));
      expect(filter.matches(publication)).toBe(false);
      filters.release(filter);
    }
    expect(publication.filterResults?.matches.size).toBeLessThanOrEqual(6);
  });

  test('recovers only what matches; what does not match counts as received', async () => {
    const rig = rigWith();
    const first = await rig.subscribed('a');
    await publish(rig, 'red', 'blue', 'red', 'blue', 'blue');
    const { epoch } = first.answer?.subscribe ?? {};
    const at = (offset: number) => ({ recover: true, offset, epoch });
    const back = await rig.subscribed('a', { ...at(1), tf: RED });
    expect(back.answer?.subscribe).toMatchObject({ recovered: true, offset: 1 });
    expect(back.offsets).toEqual([3]);
    const none = await rig.subscribed('a', { ...at(3), tf: RED });
    expect(none.answer?.subscribe).toMatchObject({ recovered: true, offset: 5 });
    expect(none.offsets).toEqual([]);
    const blue = await rig.subscribed('a', { ...at(1), tf: BLUE });
    expect(blue.offsets).toEqual([2, 4, 5]);
    const noneRecovered = await rig.subscribed('a', at(1));
    expect(noneRecovered.offsets).toEqual([2, 3, 4, 5]);
    await publish(rig, 'red');
    for (const client of [back, none]) expect(client.offsets.at(-1)).toBe(6);
    expect(blue.offsets).toEqual([2, 4, 5]);
  });

  test('lists with the same ends are not taken for one another', async () => {
    const rig = rigWith();
    const first = await rig.subscribed('a');
    await publish(rig, '', '', 'red', 'blue', '', '');
    const { epoch } = first.answer?.subscribe ?? {};
    for (const [tf, offset] of [[RED, 3] as const, [BLUE, 4] as const]) {
      const nodes = [tf, { key: 'colour', cmp: 'nex' }];
      const or = { op: 'or', nodes };
      const client = await rig.subscribed('a', { recover: true, offset: 1, epoch, tf: or });
      expect(client.offsets).toEqual([2, offset, 5, 6]);
    }
  });

  test('a slow client catches up with what matches', async () => {
    const rig = rigWith();
    const slow = await rig.subscribed('a', { tf: RED });
    await publish(rig, 'red');
    slow.socket.buffered = 1_000_000;
    await publish(rig, 'blue', 'red', 'blue', ...Array<string>(20).fill('blue'), 'red');
    expect(slow.offsets).toEqual([1]);
    slow.socket.buffered = 0;
    slow.session.handleDrain();
    await settled();
    await publish(rig, 'blue', 'red');
    expect(slow.offsets).toEqual([1, 3, 25, 27]);
  });

  test('gets no deltas, because it lacks what they are against', async () => {
    const rig = rigWith();
    const client = await rig.subscribed('a', { tf: RED, delta: 'fossil' });
    expect(client.answer?.subscribe).not.toHaveProperty('delta');
    await publish(rig, 'red', 'blue', 'red');
    expect(colours(client)).toEqual(['red', 'red']);
  });

  test('with cache recovery, begins with the newest that matches', async () => {
    const rig = rigWith({ cacheRecovery: true });
    const first = await rig.subscribed('a');
    await publish(rig, 'red', 'red', 'blue', 'blue');
    const red = await rig.subscribed('a', { tf: RED });
    expect(red.answer?.subscribe).toMatchObject({ recovered: true });
    expect(red.offsets).toEqual([2]);
    const green = await rig.subscribed('a', { tf: { ...RED, val: 'green' } });
    expect(green.answer?.subscribe).not.toHaveProperty('recovered');
    const { epoch } = first.answer?.subscribe ?? {};
    const asked = { recover: true, offset: 2, epoch, tf: RED };
    const back = await rig.subscribed('a', asked);
    expect(back.answer?.subscribe).toMatchObject({ recovered: true });
    expect(back.offsets).toEqual([]);
    await publish(rig, 'red');
    for (const client of [red, back]) expect(client.offsets.at(-1)).toBe(5);
  });

  test('with cache recovery, searches what only the log has', async () => {
    const rig = rigWith({ cacheRecovery: true }, { ringSize: 2 });
    await rig.subscribed('a');
    await publish(rig, 'red', 'blue', 'blue', 'blue');
    const red = await rig.subscribed('a', { tf: RED });
    expect(red.offsets).toEqual([1]);
    await publish(rig, 'red');
    expect(red.offsets).toEqual([1, 5]);
    const green = await rig.subscribed('a', { tf: { ...RED, val: 'green' } });
    expect(green.answer).toHaveProperty('subscribe');
  });

  test('needs its namespace to allow it', async () => {
    const rig = rigWith({ allowTagsFilter: false });
    const client = await rig.subscribed('a', { tf: RED });
    expect(client.answer?.error).toMatchObject({ code: 107 });
  });

  test('is refused with 106 beyond the number of filters, until one is no longer in use', async () => {
    const rig = rigWith({}, { maxTagsFilters: 2 });
    const red = await rig.subscribed('a', { tf: RED });
    await rig.subscribed('a', { tf: BLUE });
    const green = { ...RED, val: 'green' };
    const third = await rig.subscribed('a', { tf: green });
    expect(third.answer?.error).toMatchObject({ code: 106 });
    const again = await rig.subscribed('a', { tf: RED });
    expect(again.answer).toHaveProperty('subscribe');
    again.session.handleClose(1006);
    expect((await third.ask(3, { subscribe: { channel: 'a', tf: green } }))?.error?.code).toBe(106);
    red.session.handleClose(1006);
    expect(await third.ask(4, { subscribe: { channel: 'a', tf: green } })).toHaveProperty(
      'subscribe',
    );
    await publish(rig, 'red', 'green');
    expect(colours(third)).toEqual(['green']);
  });
});

test.each([
  [{ key: 'n', cmp: 'neq', val: '5' }, false],
  [{ key: 'x', cmp: 'neq', val: '5' }, true],
  [{ key: 'n', cmp: 'in', vals: ['4', '5'] }, true],
  [{ key: 'n', cmp: 'nin', vals: ['4', '5'] }, false],
  [{ key: 'x', cmp: 'nin', vals: ['4'] }, true],
  [{ key: 'n', cmp: 'ex' }, true],
  [{ key: 'n', cmp: 'nex' }, false],
  [{ key: 'toString', cmp: 'ex' }, false],
  [{ key: 'name', cmp: 'sw', val: 'An' }, true],
  [{ key: 'name', cmp: 'ew', val: 'An' }, false],
  [{ key: 'name', cmp: 'ct', val: 'n "' }, true],
  [{ key: 'x', cmp: 'ct', val: 'n' }, false],
  [{ key: 'n', cmp: 'gt', val: '4.5' }, true],
  [{ key: 'n', cmp: 'gte', val: '5.0' }, true],
  [{ key: 'n', cmp: 'lt', val: '5' }, false],
  [{ key: 'n', cmp: 'lte', val: '10' }, true],
  [{ key: 'name', cmp: 'lt', val: '10' }, false],
  [{ op: 'not', nodes: [{ key: 'name', cmp: 'lt', val: '10' }] }, true],
  [
    {
      op: 'and',
      nodes: [
        { key: 'n', cmp: 'ex' },
        { key: 'x', cmp: 'ex' },
      ],
    },
    false,
  ],
])('%j: %s', async (tf, isMatch) => {
  const rig = rigWith();
  const client = await rig.subscribed('a', { tf });
  const extra = `"tags":${JSON.stringify({ n: '5', name: 'Ann "tags"' })}`;
  await rig.broker.publish('a', '1', { extra });
  await settled();
  expect(client.offsets).toEqual(isMatch ? [1] : []);
});
