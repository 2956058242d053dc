import { until } from '@newswire/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BrokerParts, Member } from '@newswire/broker';
import { Watcher } from '@newswire/broker/contract';
import { Cable } from './cable.js';
import { DelegateRig, LEASE_MS, untilUp, type Edge } from './delegate-rig.js';

const member = (client: string): Member => ({ client, user: client });

let rig: DelegateRig;
let cable: Cable;
let one: Edge;
let two: Edge;
let center: BrokerParts;
let watcher: Watcher;

beforeEach(async () => {
  rig = new DelegateRig();
  [one, two] = [await rig.edge(), await rig.edge()];
  cable = await Cable.to(one.port);
  center = rig.center([cable.port, two.port], { presenceLeaseMs: 60_000 });
  await untilUp(center, one, two);
  watcher = new Watcher();
  await two.presence.watch('a', watcher);
  for (const client of ['stays', 'goes']) await one.presence.join('a', member(client), true);
});

afterEach(async () => {
  await rig.dispose();
  cable.close();
});

const clients = async ({ presence }: BrokerParts) => [...(await presence.members('a')).keys()];

const away = { code: 100, temporary: true };

test('a link that is lost for less than the lease removes no member', async () => {
  const own = new Watcher();
  await one.presence.watch('a', own);
  cable.cut({ isOpen: false });
  await until('the cut', () => one.broker.fault !== undefined);
  await expect(one.presence.members('a')).rejects.toMatchObject(away);
  await expect(one.presence.stats('a')).rejects.toMatchObject(away);
  await one.presence.leave('a', 'goes', true);
  await one.presence.join('a', member('comes'), true);
  await one.presence.join('a', member('brief'), true);
  await one.presence.leave('a', 'brief', true);
  expect(await clients(two)).toEqual(['stays', 'goes']);
  cable.mend();
  await watcher.until('-a goes');
  expect(await watcher.settled(two.presence, 'a')).toEqual([
    '+a stays',
    '+a goes',
    '+a comes',
    '-a goes',
  ]);
  expect(await clients(center)).toEqual(['stays', 'comes']);
  // The edge's own watch was restored before its members.
  expect(await own.settled(one.presence, 'a')).toEqual(['+a comes', '-a goes']);
});

test('an edge that comes back after its lease has members that join again', async () => {
  await rig.close(center);
  const brief = rig.center([cable.port, two.port], { presenceLeaseMs: LEASE_MS });
  await untilUp(brief, one, two);
  await until('both', async () => (await clients(brief)).length === 2);
  cable.cut({ isOpen: false });
  await watcher.until('-a goes');
  expect(await brief.presence.stats('a')).toEqual({ clients: 0, users: 0 });
  cable.mend();
  await until('both again', async () => (await clients(brief)).length === 2);
  const received = await watcher.settled(two.presence, 'a');
  const each = ['+a stays', '+a goes'];
  expect(received).toEqual([...each, '-a stays', '-a goes', ...each]);
});

test('edges report all members to a restarted center, and watchers are notified of new ones', async () => {
  await rig.close(center);
  await until('the cut', () => one.broker.fault !== undefined);
  await one.presence.join('a', member('comes'), true);
  await one.presence.leave('a', 'goes', true);
  const late = new Watcher();
  await two.presence.watch('b', late);
  center = rig.center([cable.port, two.port]);
  await untilUp(center, one, two);
  await until('both', async () => (await clients(center)).length === 2);
  expect(await clients(two)).toEqual(['stays', 'comes']);
  const received = (await watcher.settled(two.presence, 'a')).slice(2);
  expect(['+a comes']).toEqual(expect.arrayContaining(received));
  await late.settled(one.presence, 'b');
});

test('thousands are reported again on the next link', async () => {
  const names = Array.from({ length: 3000 }, (_, i) => `c${i}`);
  await Promise.all(names.map((name) => one.presence.join('b', member(name), true)));
  cable.cut();
  await until('the next link', () => one.broker.fault === undefined);
  for (const name of names.slice(0, 1000)) void one.presence.leave('b', name, true);
  await until('the rest', async () => (await center.presence.stats('b')).clients === 2000);
  expect((await two.presence.members('b')).has('c1000')).toBe(true);
});

test('an edge that stops closes every client', async () => {
  await rig.close(one);
  expect(await clients(center)).toEqual([]);
  const received = await watcher.settled(two.presence, 'a');
  expect(received.slice(2)).toEqual(['-a stays', '-a goes']);
});
