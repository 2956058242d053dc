import { ProtocolError } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled } from '../../test/rig/hub-rig.js';
import {
  AccessClosedError,
  type Credentials,
  NO_HOOKS,
  type SubscribeGrant,
} from '../access/access.js';

const OPTIONS = buildOptions({ desk: { subRefresh: 'hook' }, open: {} });
const AWAY = new ProtocolError('internal');

/** A client whose connection, and subscription to desk:1, expire after 10 s. */
async function rig(hasHooks = true) {
  const asked: string[] = [];
  const answers = {
    refresh: async (credentials: Credentials): Promise<Credentials | undefined> => credentials,
    subRefresh: async (grant: SubscribeGrant): Promise<SubscribeGrant | undefined> => grant,
  };
  const access = new ScriptedAccess();
  access.credentials['ann'] = { user: 'ann', expiresAtMs: 10_000 };
  access.credentials['bob'] = { user: 'bob' };
  access.grants['g'] = { expiresAtMs: 10_000, info: '1' };
  const hub = new HubRig(10, {
    access,
    getOptions: OPTIONS,
    hooks: hasHooks
      ? {
          publish: undefined,
          refresh: ({ credentials }) => {
            asked.push('refresh');
            return answers.refresh(credentials);
          },
          subRefresh: ({ channel, grant }) => {
            asked.push(channel);
            return answers.subRefresh(grant);
          },
        }
      : NO_HOOKS,
  });
  return { hub, asked, answers };
}

describe('a connection that expires', () => {
  test('is renewed by the hook when its time has come; its client does not learn of an expiry', async () => {
    const { hub, asked, answers } = await rig();
    const client = await hub.connected({ token: 'ann' });
    expect(client.reply(1)).toMatchObject({ connect: expect.not.objectContaining({ ttl: 10 }) });
    expect(JSON.stringify(client.reply(1))).not.toContain('expires');
    answers.refresh = async (before) => ({ ...before, expiresAtMs: 20_000, info: '"new"' });
    await hub.elapse(9999);
    expect(asked).toEqual([]);
    await hub.elapse(1);
    expect(asked).toEqual(['refresh']);
    expect(client.session.credentials).toMatchObject({ expiresAtMs: 20_000, info: '"new"' });
    await hub.elapse(9999);
    expect(asked).toHaveLength(1);
    await hub.elapse(1);
    expect(asked).toHaveLength(2);
    expect(client.socket.closes).toEqual([]);
  });

  test('is closed with 3005 if the hook says so, or refuses', async () => {
    for (const answer of [
      async () => undefined,
      () => Promise.reject(new ProtocolError('permissionDenied')),
    ]) {
      const { hub, answers } = await rig();
      const client = await hub.connected({ token: 'ann' });
      answers.refresh = answer;
      await hub.elapse(10_000);
      expect(client.socket.closes).toEqual([3005]);
    }
  });

  test('is closed as the hook says', async () => {
    const { hub, answers } = await rig();
    const client = await hub.connected({ token: 'ann' });
    answers.refresh = () => Promise.reject(new AccessClosedError({ code: 4501, reason: 'x' }));
    await hub.elapse(10_000);
    expect(client.socket.closes).toEqual([4501]);
  });

  test('stays during the grace while the hook cannot answer, and is asked for each second', async () => {
    const { hub, asked, answers } = await rig();
    const client = await hub.connected({ token: 'ann' });
    answers.refresh = () => Promise.reject(AWAY);
    await hub.elapse(10_000);
    for (let second = 1; second < 25; second++) await hub.elapse(1000);
    expect(asked).toHaveLength(25);
    expect(client.socket.closes).toEqual([]);
    await hub.elapse(1000);
    expect(client.socket.closes).toEqual([3005]);
  });

  test('is renewed once the hook answers again', async () => {
    const { hub, answers } = await rig();
    const client = await hub.connected({ token: 'ann' });
    answers.refresh = () => Promise.reject(AWAY);
    await hub.elapse(10_000);
    answers.refresh = async (before) => ({ ...before, expiresAtMs: 90_000 });
    await hub.elapse(1000);
    await hub.elapse(60_000);
    expect(client.socket.closes).toEqual([]);
  });

  test('ignores an answer that comes after another renewal, or after its end', async () => {
    const { hub, answers } = await rig();
    const client = await hub.connected({ token: 'ann' });
    const gone = await hub.connected({ token: 'ann' });
    let answer: () => void = () => undefined;
    const held = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)));
    answers.refresh = () => held;
    await hub.elapse(10_000);
    client.session.renew({ user: 'ann', subs: {}, expiresAtMs: 50_000 });
    gone.session.close('shutdown');
    answer();
    await settled();
    expect(client.socket.closes).toEqual([]);
    expect(gone.socket.closes).toEqual([3001]);
  });
});

describe('a subscription that expires', () => {
  async function subscribed(channel: string, hasHooks = true) {
    const parts = await rig(hasHooks);
    const client = await parts.hub.connected({ token: 'bob' });
    const reply = await client.ask(2, { subscribe: { channel, token: 'g' } });
    return { ...parts, client, reply: JSON.stringify(reply) };
  }

  test('is renewed by the hook in namespaces with sub_refresh: hook', async () => {
    const { hub, asked, answers, client, reply } = await subscribed('desk:1');
    expect(reply).not.toContain('expires');
    answers.subRefresh = async (before) => ({ ...before, expiresAtMs: 20_000 });
    await hub.elapse(10_000);
    expect(asked).toEqual(['desk:1']);
    expect(client.session.subscriptions.get('desk:1')?.grant).toEqual({
      expiresAtMs: 20_000,
      info: '1',
    });
    answers.subRefresh = async () => undefined;
    await hub.elapse(10_000);
    expect(client.pushes).toMatchObject([{ unsubscribe: { code: 2501 } }]);
    expect(client.session.subscriptions.size).toBe(0);
  });

  test('is renewed by its client in others', async () => {
    const { hub, asked, client, reply } = await subscribed('open:1');
    expect(reply).toContain('"expires":true,"ttl":10');
    await hub.elapse(35_000);
    expect(asked).toEqual([]);
    expect(client.pushes).toMatchObject([{ unsubscribe: { code: 2501 } }]);
  });

  test('is asked for no more once it has ended', async () => {
    const { hub, asked, client } = await subscribed('desk:1');
    client.send({ id: 3, unsubscribe: { channel: 'desk:1' } });
    await hub.elapse(60_000);
    expect(asked).toEqual([]);
  });

  test('closes its connection if the hook says so', async () => {
    const { hub, answers, client } = await subscribed('desk:1');
    answers.subRefresh = () => Promise.reject(new AccessClosedError({ code: 4501, reason: 'x' }));
    await hub.elapse(10_000);
    expect(client.socket.closes).toEqual([4501]);
  });
});

test('without hooks, clients are asked to refresh', async () => {
  const { hub } = await rig(false);
  const client = await hub.connected({ token: 'ann' });
  expect(JSON.stringify(client.reply(1))).toContain('"expires":true,"ttl":10');
  await hub.elapse(35_000);
  expect(client.socket.closes).toEqual([3005]);
});
