import type { ControlRequest } from '@newswire/broker';
import { describe, expect, test } from 'vitest';
import { ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled, upTo, type HubClient } from '../../test/rig/hub-rig.js';

/** Two clients of user ann, one of bob and one anonymous, all on channel `a`. */
async function office() {
  const access = new ScriptedAccess();
  access.credentials['ann'] = { user: 'ann' };
  access.credentials['bob'] = { user: 'bob' };
  const rig = new HubRig(10, { access });
  const join = async (token: string) => {
    const client = await rig.connected({ token });
    await client.ask(2, { subscribe: { channel: 'a' } });
    return client;
  };
  const ann = [await join('ann'), await join('ann')] as const;
  const [bob, nobody] = [await join('bob'), await join('')];
  const ask = async (request: ControlRequest) => {
    const reply = rig.core.control(request);
    await settled();
    return reply;
  };
  return { rig, ann, bob, nobody, ask };
}

const getId = ({ session }: HubClient) => session.client;
const getCloses = (...clients: HubClient[]) => clients.map(({ socket }) => socket.closes);

describe('which sessions are selected', () => {
  test.each([
    ['all clients of a user', { user: 'ann' }, 2],
    ['nobody unknown', { user: 'eve' }, 0],
    ['nobody without a name', { user: '' }, 0],
    ['no client unknown', { client: 'x' }, 0],
  ])('%s', async (_, filter, count) => {
    const { ask } = await office();
    expect(await ask({ method: 'unsubscribe', channel: 'none', ...filter })).toEqual({ count });
  });

  test('one client, if it is the user’s', async () => {
    const { ask, bob, nobody } = await office();
    const unsubscribe = { method: 'unsubscribe', channel: 'none' } as const;
    expect(await ask({ ...unsubscribe, client: getId(bob) })).toEqual({ count: 1 });
    expect(await ask({ ...unsubscribe, client: getId(bob), user: 'bob' })).toEqual({ count: 1 });
    expect(await ask({ ...unsubscribe, client: getId(bob), user: 'ann' })).toEqual({ count: 0 });
    expect(await ask({ ...unsubscribe, client: getId(nobody) })).toEqual({ count: 1 });
  });

  test('no member that has left', async () => {
    const { ask, ann, rig } = await office();
    ann[0].session.handleClose(1000);
    expect(await ask({ method: 'unsubscribe', channel: 'x', user: 'ann' })).toEqual({ count: 1 });
    expect([rig.core.registry.clientCount, rig.core.registry.userCount]).toEqual([3, 2]);
    ann[1].session.handleClose(1000);
    expect(rig.core.registry.userCount).toBe(1);
  });
});

describe('the server', () => {
  test('disconnects, with any code and reason', async () => {
    const { ask, ann, bob, nobody } = await office();
    const reason = 'é'.repeat(100);
    await ask({ method: 'disconnect', user: 'ann', code: 4001, reason });
    expect(getCloses(...ann, bob, nobody)).toEqual([[4001], [4001], [], []]);
    await ask({ method: 'disconnect', user: 'ann', code: 4002, reason });
    expect(getCloses(...ann)).toEqual([[4001], [4001]]);
  });

  test('unsubscribes with another code where one is given', async () => {
    const { ask, ann } = await office();
    await ask({ method: 'unsubscribe', user: 'ann', channel: 'a', kind: 'stateInvalidated' });
    for (const client of ann)
      expect(client.pushes).toMatchObject([{ unsubscribe: { code: 2502 } }]);
  });

  test('unsubscribes, with 2000', async () => {
    const { ask, ann, bob, rig } = await office();
    await ask({ method: 'unsubscribe', user: 'ann', channel: 'a' });
    await rig.publish('a', 1);
    for (const client of ann) {
      expect(client.pushes).toEqual([
        { channel: 'a', unsubscribe: { code: 2000, reason: 'server unsubscribe' } },
      ]);
      expect(client.offsets).toEqual([]);
    }
    expect([bob.pushes, bob.offsets]).toEqual([[], [1]]);
  });

  test('says nothing of channels that a client is not on', async () => {
    const { ask, bob } = await office();
    await ask({ method: 'unsubscribe', user: 'bob', channel: 'other' });
    expect(bob.pushes).toEqual([]);
  });

  test('subscribes, from a position, and only those who are not on the channel', async () => {
    const { ask, bob, nobody, rig } = await office();
    const { epoch } = await rig.publish('b', 5);
    await nobody.ask(3, { subscribe: { channel: 'b' } });
    const request = { method: 'subscribe', channel: 'b', data: '[1]' } as const;
    const since = { offset: 2, epoch };
    expect(await ask({ ...request, user: 'bob', since })).toEqual({ count: 1 });
    expect(await ask({ ...request, client: getId(nobody) })).toEqual({ count: 1 });
    expect(bob.pushes).toMatchObject([
      { channel: 'b', subscribe: { recoverable: true, offset: 2, epoch, data: [1] } },
    ]);
    expect(nobody.pushes).toEqual([]);
    await rig.publish('b', 1);
    expect(bob.offsets).toEqual(upTo(3, 6));
  });

  test('ends a subscription that expires by ending the connection', async () => {
    const { ask, bob, rig } = await office();
    await ask({ method: 'subscribe', channel: 'b', user: 'bob', expiresAtMs: 5000 });
    await rig.elapse(30_000);
    expect(bob.socket.closes).toEqual([3006]);
  });

  test('lets connections expire, at once or later, or no more', async () => {
    const { ask, ann, bob, rig } = await office();
    await ask({ method: 'refresh', user: 'bob', expired: true });
    await ask({ method: 'refresh', user: 'ann', expired: false, expiresAtMs: 1000 });
    await ask({ method: 'refresh', client: getId(ann[1]), expired: false });
    await rig.elapse(26_000);
    expect(getCloses(bob, ...ann)).toEqual([[3005], [3005], []]);
  });

  test('receives the info of this edge and its channels', async () => {
    const { ask } = await office();
    expect(await ask({ method: 'channels' })).toEqual({ channels: { a: 4 } });
    expect(await ask({ method: 'info' })).toEqual({
      info: {
        uid: 'node',
        name: 'edge',
        version: '0',
        clients: 4,
        users: 2,
        subs: 4,
        channels: 1,
        uptime: 0,
      },
    });
  });

  test('brings commands that came elsewhere, by the secret and not by the client', async () => {
    const { ask, rig, bob } = await office();
    const client = rig.open(undefined, 'http_stream');
    await client.ask(1, { connect: {} });
    const data = JSON.stringify({ id: 2, subscribe: { channel: 'e' } });
    const session = client.session.emulationId ?? '';
    expect(await ask({ method: 'emulate', session, data })).toEqual({ count: 1 });
    expect(client.reply(2)).toHaveProperty('subscribe');
    const bytes = {
      data: Buffer.from('{"id":3,"rpc":{}}').toString('base64'),
      isBase64: true,
    } as const;
    // This client has the JSON encoding, which has no frames of bytes.
    expect(await ask({ method: 'emulate', session, ...bytes })).toEqual({ count: 1 });
    expect(client.session.isClosed).toBe(true);
    for (const other of [client.session.client, getId(bob), '']) {
      expect(await ask({ method: 'emulate', session: other, data })).toEqual({ count: 0 });
    }
  });
});
