import { expect, test } from 'vitest';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';
import { readDeltas } from '../../test/rig/delta-texts.js';
import { HubRig, settled } from '../../test/rig/hub-rig.js';

const text = (n: number) => `${'the same in every one of them '.repeat(4)}${n}`;
const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => text(first + i));

async function publishTexts(rig: HubRig, first: number, last: number): Promise<void> {
  for (let n = first; n <= last; n++) await rig.publish('a', 1, text(n));
}

test('clients that subscribe at different times read the same, beside clients without differences', async () => {
  const rig = new HubRig(10, { getOptions: () => ({ ...OPEN_NAMESPACE, delta: true }) });
  const early = await rig.subscribed('a', { delta: 'fossil' });
  const plain = await rig.subscribed('a');
  await publishTexts(rig, 1, 3);
  const late = await rig.subscribed('a', { delta: 'fossil' });
  await publishTexts(rig, 4, 6);
  expect(readDeltas(early)).toEqual({ texts: upTo(1, 6), differences: 5 });
  expect(readDeltas(late)).toEqual({ texts: upTo(4, 6), differences: 2 });
  expect(plain.pubs.map(({ data }) => data)).toEqual(upTo(1, 6));
});

test('a client that returns reads the first publication whole, and continues with differences', async () => {
  const rig = new HubRig(10, { getOptions: () => ({ ...OPEN_NAMESPACE, delta: true }) });
  const first = await rig.subscribed('a', { delta: 'fossil' });
  await publishTexts(rig, 1, 5);
  const { epoch } = first.answer?.subscribe ?? {};
  const asked = { delta: 'fossil', recover: true, offset: 2, epoch };
  const back = await rig.subscribed('a', asked);
  await publishTexts(rig, 6, 7);
  expect(back.answer?.subscribe).toMatchObject({ delta: true, recovered: true });
  expect(readDeltas(back)).toEqual({ texts: upTo(3, 7), differences: 2 });
});

test('a slow client reads differences from the log', async () => {
  const rig = new HubRig(10, { getOptions: () => ({ ...OPEN_NAMESPACE, delta: true }) });
  const slow = await rig.subscribed('a', { delta: 'fossil' });
  await publishTexts(rig, 1, 1);
  slow.socket.isStuck = true;
  slow.socket.buffered = 1_000_000;
  await publishTexts(rig, 2, 8);
  slow.socket.isStuck = false;
  slow.socket.buffered = 0;
  slow.session.handleDrain();
  await settled();
  await publishTexts(rig, 9, 9);
  expect(readDeltas(slow)).toEqual({ texts: upTo(1, 9), differences: 8 });
});

const LOOSE = { ...OPEN_NAMESPACE, delta: true, recovery: false };
const GONE_ON = { epoch: 'other', firstOffset: 1, follows: undefined };

test.each([
  ['a client that kept up', false],
  ['a slow client', true],
])(
  'after an unreported gap, %s gets no difference from a publication that it missed',
  async (_, isSlow) => {
    const rig = new HubRig(10, { getOptions: () => LOOSE });
    const client = await rig.subscribed('a', { delta: 'fossil' });
    await publishTexts(rig, 1, 2);
    if (isSlow) client.socket.buffered = 1_000_000;
    if (isSlow) await publishTexts(rig, 3, 3);
    const missed = { offset: 5, data: JSON.stringify(text(4)) };
    rig.broker.script = () => ({
      publications: [missed],
      agesMs: [0],
      topOffset: 5,
      generation: GONE_ON,
    });
    rig.hub.handleGap('a');
    await settled();
    client.socket.buffered = 0;
    client.session.handleDrain();
    for (const n of [6, 7]) {
      const publication = { offset: n, data: JSON.stringify(text(n)) };
      rig.hub.handlePublication('a', publication, 'other', undefined);
      await settled();
    }
    expect(readDeltas(client)).toEqual({ texts: [1, 2, 6, 7].map(text), differences: 2 });
  },
);

test('a slow client that lost publications continues with a whole one', async () => {
  const options = { ...LOOSE, historySize: 1 };
  const rig = new HubRig(2, { getOptions: () => options, getLimits: () => options });
  const slow = await rig.subscribed('a', { delta: 'fossil' });
  await publishTexts(rig, 1, 2);
  slow.socket.buffered = 1_000_000;
  await publishTexts(rig, 3, 9);
  slow.socket.buffered = 0;
  slow.session.handleDrain();
  await settled();
  await publishTexts(rig, 10, 11);
  expect(readDeltas(slow)).toEqual({ texts: [1, 2, 10, 11].map(text), differences: 2 });
});
