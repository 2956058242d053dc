import { applyDelta } from 'fossil-delta';
import { expect, test } from 'vitest';
import { OPEN_NAMESPACE } from '../access/open-access.js';
import { HubRig, settled, type HubClient } from '../../test/rig/hub-rig.js';

const text = (n: number) => `${'the same in every one of them '.repeat(4)}${n}`;
const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => text(first + i));

/** What a client that takes differences has read, and how often it was a difference. */
function read({ pubs }: HubClient): { texts: unknown[]; differences: number } {
  let previous = '';
  let differences = 0;
  const texts = pubs.map(({ data, delta }) => {
    if (delta === true) {
      differences++;
      const bytes = applyDelta<Uint8Array>(Buffer.from(previous), Buffer.from(data as string));
      previous = Buffer.from(bytes).toString('utf8');
    } else previous = data as string;
    return JSON.parse(previous) as unknown;
  });
  return { texts, differences };
}

async function publishTexts(rig: HubRig, first: number, last: number): Promise<void> {
  for (let n = first; n <= last; n++) await rig.publish('a', 1, text(n));
}

test('whoever comes when reads the same, beside clients that want it whole', async () => {
  const rig = new HubRig(10, { optionsOf: () => ({ ...OPEN_NAMESPACE, delta: true }) });
  const early = await rig.subscribed('a', { delta: 'fossil' });
  const plain = await rig.subscribed('a');
  await publishTexts(rig, 1, 3);
  const late = await rig.subscribed('a', { delta: 'fossil' });
  await publishTexts(rig, 4, 6);
  expect(read(early)).toEqual({ texts: upTo(1, 6), differences: 5 });
  expect(read(late)).toEqual({ texts: upTo(4, 6), differences: 2 });
  expect(plain.pubs.map(({ data }) => data)).toEqual(upTo(1, 6));
});

test('whoever comes back reads the first as a whole, and goes on with differences', async () => {
  const rig = new HubRig(10, { optionsOf: () => ({ ...OPEN_NAMESPACE, delta: true }) });
  const first = await rig.subscribed('a', { delta: 'fossil' });
  await publishTexts(rig, 1, 5);
  const { epoch } = first.answer?.subscribe ?? {};
  const asked = { delta: 'fossil', recover: true, offset: 2, epoch };
  const back = await rig.subscribed('a', asked);
  await publishTexts(rig, 6, 7);
  expect(back.answer?.subscribe).toMatchObject({ delta: true, recovered: true });
  expect(read(back)).toEqual({ texts: upTo(3, 7), differences: 2 });
});

test('a slow client reads differences from the log', async () => {
  const rig = new HubRig(10, { optionsOf: () => ({ ...OPEN_NAMESPACE, delta: true }) });
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
  expect(read(slow)).toEqual({ texts: upTo(1, 9), differences: 8 });
});
