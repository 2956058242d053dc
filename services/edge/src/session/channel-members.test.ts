import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled } from '../../test/rig/hub-rig.js';
import { PresenceModel } from '../../test/rig/presence-model.js';

const NAMESPACES = buildOptions({
  told: { joinLeave: true, presence: true, readPresence: 'everyone' },
  quiet: { presence: true, readPresence: 'everyone' },
});

function rigWithPresence() {
  const access = new ScriptedAccess();
  access.credentials['ann'] = { user: 'ann', info: '"Ann"' };
  access.credentials['server'] = { user: 'bob', subs: { 'told:a': { info: '1' } } };
  access.grants['member'] = { presence: true, joinLeave: true, info: '"granted"' };
  const presence = new PresenceModel();
  return { presence, rig: new HubRig(10, { access, presence, getOptions: NAMESPACES }) };
}

const subscribe = (channel: string, more: object = {}) => ({ subscribe: { channel, ...more } });
const HEARS = { join_leave: true };

describe('members of a channel', () => {
  test('are known from their subscription to its end, however it ends', async () => {
    const { rig, presence } = rigWithPresence();
    const [a, b] = [await rig.connected({ token: 'ann' }), await rig.connected({ token: 'ann' })];
    await a.ask(2, subscribe('quiet:a'));
    await b.ask(2, subscribe('quiet:a'));
    expect(await a.ask(3, { presence: { channel: 'quiet:a' } })).toEqual({
      id: 3,
      presence: {
        presence: Object.fromEntries(
          [a, b].map(({ session: { client } }) => [
            client,
            { user: 'ann', client, conn_info: 'Ann' },
          ]),
        ),
      },
    });
    expect(await a.ask(4, { presence_stats: { channel: 'quiet:a' } })).toEqual({
      id: 4,
      presence_stats: { num_clients: 2, num_users: 1 },
    });
    await a.ask(5, { unsubscribe: { channel: 'quiet:a' } });
    b.session.handleClose(1006);
    await settled();
    expect((await presence.members('quiet:a')).size).toBe(0);
  });

  test('are absent if neither the namespace nor the grant enables presence', async () => {
    const { rig, presence } = rigWithPresence();
    const client = await rig.connected();
    await client.ask(2, subscribe('open'));
    expect((await presence.members('open')).size).toBe(0);
    await client.ask(3, subscribe('granted', { token: 'member' }));
    const id = client.session.client;
    expect([...(await presence.members('granted')).values()]).toEqual([
      { client: id, user: '', chanInfo: '"granted"' },
    ]);
  });

  test('joins and leaves are sent to sessions that asked for them, and to no others', async () => {
    const { rig, presence } = rigWithPresence();
    const [hears, deaf, other] = [
      await rig.connected(),
      await rig.connected(),
      await rig.connected({ token: 'ann' }),
    ];
    await deaf.ask(2, subscribe('told:a'));
    expect(presence.watched).toEqual([]);
    await hears.ask(2, subscribe('told:a', HEARS));
    await other.ask(2, subscribe('told:a'));
    await other.ask(3, { unsubscribe: { channel: 'told:a' } });
    const info = { user: 'ann', client: other.session.client, conn_info: 'Ann' };
    const own = { user: '', client: hears.session.client };
    expect(hears.pushes).toEqual([
      { channel: 'told:a', join: { info: own } },
      { channel: 'told:a', join: { info } },
      { channel: 'told:a', leave: { info } },
    ]);
    expect([...deaf.pushes, ...other.pushes]).toEqual([]);
    hears.session.handleClose(1006);
    expect(presence.watched).toEqual([]);
  });

  test('are not sent if the namespace does not enable them', async () => {
    const { rig, presence } = rigWithPresence();
    const client = await rig.connected();
    await client.ask(2, subscribe('quiet:a', HEARS));
    expect([presence.watched, client.pushes]).toEqual([[], []]);
  });

  test('are sent to sessions that the server has subscribed', async () => {
    const { rig } = rigWithPresence();
    const client = await rig.connected({ token: 'server' });
    const info = { user: 'bob', client: client.session.client, chan_info: 1 };
    expect(client.lines[0]).toHaveProperty('connect.subs');
    expect(client.pushes).toEqual([{ channel: 'told:a', join: { info } }]);
  });

  test('that presence cannot take break no subscription', async () => {
    const { rig, presence } = rigWithPresence();
    presence.fault = new Error('away');
    const client = await rig.connected();
    expect(await client.ask(2, subscribe('told:a', HEARS))).toHaveProperty('subscribe');
    presence.fault = undefined;
    await settled();
    expect(rig.presenceFailures).toHaveLength(1);
    expect(presence.watched).toEqual(['told:a']);
    await rig.publish('told:a', 1);
    expect(client.offsets).toEqual([1]);
  });

  test('are not sent to a session that does not read', async () => {
    const { rig } = rigWithPresence();
    const [slow, other] = [await rig.connected(), await rig.connected()];
    await slow.ask(2, subscribe('told:a', HEARS));
    slow.socket.buffered = 1e9;
    await other.ask(2, subscribe('told:a'));
    expect(slow.pushes).toHaveLength(1);
  });
});
