import { until } from '@newswire/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Member, Presence } from '@newswire/broker';
import { Watcher } from './watcher.js';

/** Two edges and a reader. For a presence of one process, all three are the same. */
export interface PresenceRig {
  readonly edges: readonly [Presence, Presence];
  readonly reader: Presence;
  /** Ends the first edge without a close. */
  readonly kill?: () => Promise<void>;
  dispose(): Promise<void>;
}

const member = (client: string, user = ''): Member => ({ client, user });

/** Every Presence passes this suite: it is the executable form of the interface's docstring. */
export function describePresenceContract(
  title: string,
  createRig: () => Promise<PresenceRig>,
): void {
  describe(`presence contract: ${title}`, () => {
    let rig: PresenceRig;
    let one: Presence;
    let two: Presence;
    beforeEach(async () => {
      rig = await createRig();
      [one, two] = rig.edges;
    });
    afterEach(() => rig.dispose());

    const everywhere = () => [one, two, rig.reader];
    const clients = async (presence: Presence, channel = 'a') =>
      [...(await presence.members(channel)).keys()].toSorted();

    async function watched(...presences: Presence[]): Promise<Watcher[]> {
      const all = [...new Set(presences)];
      const watchers = all.map(() => new Watcher());
      await Promise.all(all.map((each, i) => each.watch('a', watchers[i])));
      return watchers;
    }

    test('members are known on every edge, with all their info', async () => {
      const full = {
        client: 'c 1',
        user: 'ü"\n',
        connInfo: '{"name":"é  \\n"}',
        chanInfo: '[1,null]',
      };
      await one.join('a', full, true);
      await two.join('a', member('c2'), false);
      await two.join('b', member('c3'), true);
      for (const each of everywhere()) {
        expect(await each.members('a')).toEqual(
          new Map<string, Member>([
            ['c 1', full],
            ['c2', member('c2')],
          ]),
        );
        expect(await clients(each, 'b')).toEqual(['c3']);
        expect(await clients(each, 'never')).toEqual([]);
        expect(await each.stats('never')).toEqual({ clients: 0, users: 0 });
      }
      await one.leave('a', 'c 1', true);
      await two.leave('a', 'c2', false);
      for (const each of everywhere()) expect(await clients(each)).toEqual([]);
    });

    test('a user counts once, however many clients; all anonymous clients count as one', async () => {
      await one.join('a', member('c1', 'u'), false);
      await one.join('a', member('c2', 'u'), false);
      await two.join('a', member('c3', 'u'), false);
      await two.join('a', member('c4', 'v'), false);
      for (const each of everywhere())
        expect(await each.stats('a')).toEqual({ clients: 4, users: 2 });
      await one.join('a', member('c5'), false);
      await two.join('a', member('c6'), false);
      for (const each of everywhere())
        expect(await each.stats('a')).toEqual({ clients: 6, users: 3 });
      await two.leave('a', 'c3', false);
      await two.leave('a', 'c4', false);
      for (const each of everywhere())
        expect(await each.stats('a')).toEqual({ clients: 4, users: 2 });
    });

    test('a watcher is notified of each join and leave, once and in order', async () => {
      const watchers = await watched(one, two);
      const info = { ...member('c1', 'u'), connInfo: '{"n":1}', chanInfo: '{"m":2}' };
      await one.join('a', info, true);
      await one.join('a', member('silent'), false);
      await one.join('b', member('elsewhere'), true);
      await one.leave('a', 'c1', true);
      await one.leave('a', 'silent', false);
      for (const watcher of watchers) {
        expect(await watcher.settled(two, 'a')).toEqual(['+a c1', '-a c1']);
        expect(watcher.members.slice(0, 2)).toEqual([info, info]);
      }
    });

    test('simultaneous events are received in order', async () => {
      const watchers = await watched(one, two);
      await Promise.all([
        one.join('a', member('c1'), true),
        one.leave('a', 'c1', true),
        one.join('a', member('c1'), true),
        one.join('a', member('c2'), true),
        one.leave('a', 'c2', true),
        one.leave('a', 'c1', true),
        one.join('a', member('c1'), true),
      ]);
      const all = ['+a c1', '-a c1', '+a c1', '+a c2', '-a c2', '-a c1', '+a c1'];
      for (const watcher of watchers) expect(await watcher.settled(two, 'a')).toEqual(all);
      expect(await clients(rig.reader)).toEqual(['c1']);
    });

    test('joining again updates the member, leaving again changes nothing: neither is announced', async () => {
      const watchers = await watched(one, two);
      await one.join('a', member('c1', 'u'), true);
      await one.join('a', { ...member('c1', 'u'), connInfo: '1' }, true);
      await one.join('a', { ...member('c1', 'u'), connInfo: '2' }, true);
      expect((await rig.reader.members('a')).get('c1')).toMatchObject({ connInfo: '2' });
      await one.leave('a', 'never', true);
      await one.leave('a', 'c1', true);
      await one.leave('a', 'c1', true);
      for (const watcher of watchers) {
        expect(await watcher.settled(two, 'a')).toEqual(['+a c1', '-a c1']);
      }
    });

    test('hundreds of joins at once are all recorded, and each is announced once', async () => {
      const [watcher] = await watched(two);
      const names = Array.from({ length: 700 }, (_, i) => `c${i}`);
      await Promise.all(names.map((name) => one.join('a', member(name, name), true)));
      expect(await rig.reader.stats('a')).toEqual({ clients: 700, users: 700 });
      const half = names.slice(0, 350);
      await Promise.all(half.map((name) => one.leave('a', name, true)));
      expect(await clients(rig.reader)).toEqual(names.slice(350).toSorted());
      const received = await watcher?.settled(two, 'a');
      expect(received).toEqual([
        ...names.map((name) => `+a ${name}`),
        ...half.map((name) => `-a ${name}`),
      ]);
    });

    test('a watcher that stopped is not notified, and one handler replaces another', async () => {
      const [first] = await watched(two);
      await one.join('a', member('c1'), true);
      await first?.until('+a c1');
      const [second] = await watched(two);
      await one.join('a', member('c2'), true);
      await second?.until('+a c2');
      await two.watch('a', undefined);
      await one.join('a', member('c3'), true);
      const [third] = await watched(two);
      await third?.settled(one, 'a');
      expect([first?.received, second?.received]).toEqual([['+a c1'], ['+a c2']]);
      expect(third?.received.filter((change) => !change.includes('fence'))).toEqual([]);
    });

    test('a watcher that throws affects no other watcher', async () => {
      const broken = {
        handleJoin: () => {
          throw new Error('a handler failed');
        },
        handleLeave: () => undefined,
      };
      await two.watch('b', broken);
      const [watcher] = await watched(two);
      await one.join('b', member('c1'), true);
      await one.join('a', member('c2'), true);
      expect(await watcher?.settled(one, 'a')).toEqual(['+a c2']);
    });

    test('closing takes the members out, announced as they came', async () => {
      if (one === two) {
        await one.join('a', member('c1'), true);
        await one.close();
        return expect(await clients(one)).toEqual([]);
      }
      const [watcher] = await watched(two);
      await one.join('a', member('c1'), true);
      await one.join('a', member('c2'), false);
      await two.join('a', member('c3'), true);
      await one.close();
      expect(await clients(rig.reader)).toEqual(['c3']);
      expect(await watcher?.settled(two, 'a')).toEqual(['+a c1', '+a c3', '-a c1']);
    });

    test('the members of a lost edge leave when its lease ends, announced once', async () => {
      if (rig.kill === undefined) return;
      await Promise.all([
        one.join('a', member('c1'), true),
        one.join('a', member('c2'), false),
        one.join('b', member('c3'), true),
        two.join('a', member('c4'), true),
      ]);
      const onA = await watched(two, rig.reader);
      const onB = new Watcher();
      await two.watch('b', onB);
      await rig.kill();
      expect((await clients(rig.reader)).includes('c4')).toBe(true);
      await Promise.all(onA.map((watcher) => watcher.until('-a c1')));
      await onB.until('-b c3');
      await until('members to be gone', async () => (await clients(two)).length === 1);
      expect(await clients(rig.reader)).toEqual(['c4']);
      expect(await clients(rig.reader, 'b')).toEqual([]);
      expect(await rig.reader.stats('a')).toEqual({ clients: 1, users: 1 });
      for (const watcher of onA) expect(await watcher.settled(two, 'a')).toEqual(['-a c1']);
      expect(await onB.settled(two, 'b')).toEqual(['-b c3']);
    });
  });
}
