import { until } from '@newswire/testkit';
import type PusherServer from 'pusher';
import { expect } from 'vitest';
import type { DrivenClient } from './driven-client.js';

/** What a scenario has: clients of the first app, and its backend. */
export interface PusherScene {
  /** Opens and connects a client of a user, at one of three edges or through Nginx. */
  readonly open: (user: string, edge?: number) => Promise<DrivenClient>;
  readonly backend: PusherServer;
  /** Unique to the scenario. */
  readonly name: string;
  readonly publish: (channel: string, data: unknown) => Promise<void>;
}

export interface PusherScenario {
  readonly name: string;
  readonly run: (scene: PusherScene) => Promise<void>;
}

const SUCCEEDED = 'pusher:subscription_succeeded';

export async function subscribe(client: DrivenClient, channel: string): Promise<void> {
  await client.ask('subscribe', { channel });
  await client.tells(SUCCEEDED, channel);
}

const dataOf = (client: DrivenClient, event: string, channel: string) =>
  client.told(event, channel).map(({ data }) => data);

async function socketId(client: DrivenClient): Promise<string> {
  return ((await client.ask('state')) as { readonly socketId: string }).socketId;
}

export const PUSHER_SCENARIOS: readonly PusherScenario[] = [
  {
    name: 'receives the events of a public channel, in order and as they were sent',
    run: async ({ open, backend, name, publish }) => {
      const client = await open('a');
      await subscribe(client, name);
      const items = [{ a: 1.5, b: [null] }, 'text', '7', 'Grüße "x"', 12, true];
      for (const item of items) await backend.trigger(name, 'item', item);
      await publish(name, { event: 'item', data: { from: 'newswire' } });
      await publish(name, ['no event']);
      await client.tells('message', name);
      // The backend's library sends a string as it is, and pusher-js parses what it receives.
      const expected = items.map((item) => (item === '7' ? 7 : item));
      expect(dataOf(client, 'item', name)).toEqual([...expected, { from: 'newswire' }]);
      expect(dataOf(client, 'message', name)).toEqual([['no event']]);
      await client.ask('unsubscribe', { channel: name });
      await backend.trigger(name, 'item', 'later');
      const other = await open('b');
      await subscribe(other, `${name}-2`);
      await backend.trigger([name, `${name}-2`], 'last', {});
      await other.tells('last', `${name}-2`);
      expect(client.told('last', name)).toEqual([]);
    },
  },
  {
    name: 'does not receive the events that its own request has caused',
    run: async ({ open, backend, name }) => {
      const [one, two] = [await open('a', 0), await open('b', 0)];
      for (const each of [one, two]) await subscribe(each, name);
      const exclude = { socket_id: await socketId(one) };
      for (let n = 0; n < 5; n++)
        await backend.trigger(name, 'item', n, n % 2 === 0 ? exclude : {});
      await backend.trigger(name, 'end', {});
      for (const each of [one, two]) await each.tells('end', name);
      expect(dataOf(one, 'item', name)).toEqual([1, 3]);
      expect(dataOf(two, 'item', name)).toEqual([0, 1, 2, 3, 4]);
    },
  },
  {
    name: 'sends client events to the others of a private channel, at a limited rate',
    run: async ({ open, name }) => {
      const channel = `private-${name}`;
      const [one, two] = [await open('a', 0), await open('b', 1)];
      for (const each of [one, two]) await subscribe(each, channel);
      await one.ask('trigger', { channel, event: 'client-typing', data: { n: 1 } });
      expect(await two.tells('client-typing', channel)).toMatchObject({ data: { n: 1 } });
      for (let n = 2; n <= 14; n++) {
        await one.ask('trigger', { channel, event: 'client-typing', data: { n } });
      }
      const error = await one.tells('error');
      expect(error.data).toMatchObject({ data: { code: 4301 } });
      await two.tells('client-typing', channel, 9);
      expect(one.told('client-typing', channel)).toEqual([]);
    },
  },
  {
    name: 'may not send client events on a public channel, nor where it is not subscribed',
    run: async ({ open, name }) => {
      const [one, two] = [await open('a'), await open('b')];
      for (const each of [one, two]) await subscribe(each, name);
      await one.ask('trigger', { channel: name, event: 'client-typing', data: {} });
      const { data } = await one.tells('error');
      expect(data).toMatchObject({
        data: { message: expect.stringContaining('private and presence channels only') as string },
      });
      expect(two.told('client-typing')).toEqual([]);
    },
  },
  {
    name: 'sees one list of users over three edges: each once, from the first connection to the last',
    run: async ({ open, name }) => {
      const channel = `presence-${name}`;
      const watcher = await open('watcher', 0);
      await subscribe(watcher, channel);
      const first = await open('ann', 1);
      await subscribe(first, channel);
      expect(await watcher.tells('pusher:member_added', channel)).toMatchObject({
        data: { id: 'ann', info: { name: 'the name of ann' } },
      });
      const second = await open('ann', 2);
      await subscribe(second, channel);
      const bob = await open('bob', 2);
      await subscribe(bob, channel);
      await watcher.tells('pusher:member_added', channel, 2);
      expect(await bob.ask('members', { channel })).toMatchObject({
        count: 3,
        me: { id: 'bob' },
        members: { ann: { name: 'the name of ann' }, watcher: {}, bob: {} },
      });
      await first.ask('disconnect');
      await bob.ask('trigger', { channel, event: 'client-hello', data: {} });
      await watcher.tells('client-hello', channel);
      expect(watcher.told('pusher:member_removed', channel)).toEqual([]);
      await second.ask('disconnect');
      expect(await watcher.tells('pusher:member_removed', channel)).toMatchObject({
        data: { id: 'ann' },
      });
      expect(dataOf(watcher, 'pusher:member_added', channel)).toMatchObject([
        { id: 'ann' },
        { id: 'bob' },
      ]);
      expect(first.told('pusher:member_added', channel)).toMatchObject([{ data: { id: 'bob' } }]);
      const near = await open('eve', 0);
      await subscribe(near, channel);
      expect(await watcher.tells('pusher:member_added', channel, 3)).toMatchObject({
        data: { id: 'eve' },
      });
      await near.ask('unsubscribe', { channel });
      expect(await watcher.tells('pusher:member_removed', channel, 2)).toMatchObject({
        data: { id: 'eve' },
      });
      expect(await watcher.ask('members', { channel })).toMatchObject({ count: 2 });
    },
  },
  {
    name: 'receives the last event of a cache channel, or that there is none',
    run: async ({ open, backend, name }) => {
      const channel = `cache-${name}`;
      const first = await open('a', 0);
      await first.ask('subscribe', { channel });
      await first.tells('pusher:cache_miss', channel);
      for (const item of [1, 2]) await backend.trigger(channel, 'item', item);
      await first.tells('item', channel, 2);
      const late = await open('b', 1);
      await subscribe(late, channel);
      expect(await late.tells('item', channel)).toMatchObject({ data: 2 });
      expect(late.told('pusher:cache_miss')).toEqual([]);
    },
  },
  {
    name: 'receives encrypted events, which newswire passes through',
    run: async ({ open, backend, name }) => {
      const channel = `private-encrypted-${name}`;
      const client = await open('a');
      await subscribe(client, channel);
      await backend.trigger(channel, 'secret', { known: 'to both ends' });
      expect(await client.tells('secret', channel)).toMatchObject({
        data: { known: 'to both ends' },
      });
    },
  },
  {
    name: 'signs in, receives the events of its user, and is disconnected by its backend',
    run: async ({ open, backend, name }) => {
      const user = `${name} ü|`;
      const [one, two, other] = [await open(user, 0), await open(user, 1), await open('x', 2)];
      for (const each of [one, two, other]) {
        await each.ask('signin');
        await each.tells('pusher:signin_success', 'user');
      }
      await until('the event', async () => {
        await backend.sendToUser(user, 'letter', { to: 'you' });
        return one.told('letter', 'user').length > 0 && two.told('letter', 'user').length > 0;
      });
      expect(other.told('letter')).toEqual([]);
      await backend.terminateUserConnections(user);
      for (const each of [one, two]) {
        const { data } = await each.tells('error');
        expect(data).toMatchObject({ data: { code: 4009 } });
      }
      expect(await other.ask('state')).toMatchObject({ state: 'connected' });
    },
  },
];
