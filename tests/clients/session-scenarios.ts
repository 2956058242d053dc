import { createHmac } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, until } from '@newswire/testkit';
import { expect } from 'vitest';
import type { Scenario, Scene } from './scenarios.js';

const SECRET = 'a secret that is known to this test only';

/** In `club`, users may do everything. */
const CHANNELS = {
  namespaces: {
    club: {
      subscribe: 'users',
      publish: 'subscribers',
      presence: true,
      read_presence: 'subscribers',
      read_history: 'subscribers',
      delta: true,
    },
  },
};

const channelsFile = join(mkdtempSync(join(tmpdir(), 'newswire-clients-')), 'channels.json');
writeFileSync(channelsFile, JSON.stringify(CHANNELS));

/** Of the stack that the scenarios below need. */
export const SETTINGS = {
  NEWSWIRE_CHANNELS_FILE: channelsFile,
  NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
  NEWSWIRE_ANONYMOUS: 'on',
};

const nowS = () => Math.floor(Date.now() / 1000);

function createToken(user: string, expiresAtS = nowS() + 3600, secret = SECRET): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: user, exp: expiresAtS })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** A user of its own who is on a channel of the club. */
async function member({ client, connection, channel }: Scene, options: object = {}) {
  const user = `user of ${channel}`;
  const club = `club:${channel}`;
  await client.ask('connect', { ...connection, tokens: [createToken(user)] });
  await client.ask('subscribe', { channel: club, ...options });
  return { user, club };
}

export const SESSION_SCENARIOS: readonly Scenario[] = [
  {
    name: 'connects with a token, publishes, and reads presence and history',
    run: async (scene) => {
      const { client } = scene;
      const { user, club } = await member(scene);
      await client.ask('publish', { channel: club, data: { by: 'me' } });
      expect(await client.received(club, 1)).toEqual([{ by: 'me' }]);
      await until('its presence', async () => {
        const { clients } = (await client.ask('presence', { channel: club })) as {
          readonly clients: Record<string, { readonly user: string }>;
        };
        return Object.values(clients).some((each) => each.user === user);
      });
      const stats = await client.ask('presenceStats', { channel: club });
      expect(stats).toMatchObject({ numClients: 1, numUsers: 1 });
      const history = await client.ask('history', { channel: club, limit: 10 });
      expect(history).toMatchObject({
        publications: [{ data: { by: 'me' }, offset: 1 }],
        offset: 1,
      });
    },
  },
  {
    name: 'without a token is kept out of a channel of users, with 103',
    run: async ({ client, connection, channel }) => {
      await client.ask('connect', connection);
      await expect(client.ask('subscribe', { channel: `club:${channel}` })).rejects.toThrow(Error);
      expect(await client.tells('unsubscribed', `club:${channel}`)).toMatchObject({ code: 103 });
      await expect(
        client.ask('publish', { channel: `club:${channel}`, data: 1 }),
      ).rejects.toMatchObject({ code: 103 });
    },
  },
  {
    name: 'with a forged token is sent away for good, with 3500',
    run: async ({ client, connection }) => {
      const tokens = [
        createToken('somebody', nowS() + 3600, 'another secret, which is not the right one'),
      ];
      await expect(client.ask('connect', { ...connection, tokens })).rejects.toThrow(Error);
      expect(await client.tells('disconnected')).toMatchObject({ code: 3500 });
    },
  },
  {
    name: 'refreshes a token before it expires, and stays connected',
    run: async ({ client, stack, connection, channel }) => {
      const expiresAtS = nowS() + 3;
      const tokens = [createToken('it', expiresAtS), createToken('it')];
      await client.ask('connect', { ...connection, tokens });
      await client.ask('subscribe', { channel });
      await client.tells('token', undefined, 2);
      await until('the first token to have expired', () => Date.now() > (expiresAtS + 1) * 1000);
      await stack.publish(channel, 'still here');
      expect(await client.received(channel, 1)).toEqual(['still here']);
      expect(client.told('connected')).toHaveLength(1);
    },
  },
  {
    name: 'gets what differences stand for',
    run: async (scene) => {
      const { client, stack, proxy, isBinary } = scene;
      const { club } = await member(scene, { delta: 'fossil' });
      // The raw text, which no transport compresses: the library gives the same data either way.
      let said = '';
      proxy.onServerData = (chunk) => (said += chunk.toString('latin1'));
      const filler =
        'that is the same in each of them, which is why differences are short. '.repeat(5);
      const data = Array.from({ length: 20 }, (_, i) => ({ filler, i }));
      await stack.publishAll(club, data);
      expect(await client.received(club, 20)).toEqual(data);
      // The first has nothing before it; an edge may send another whole one where it has lost that.
      // In Protobuf, the flag is the field 8 with the value 1.
      const flags = isBinary ? said.split('@\u0001') : said.split('"delta":true');
      expect(flags.length - 1).toBeGreaterThan(15);
    },
  },
  {
    name: 'receives bytes that are not JSON, in Protobuf as they are and else as base64',
    run: async ({ client, stack, channel, connection, isBinary }) => {
      await client.ask('connect', connection);
      await client.ask('subscribe', { channel });
      await callApi(stack.nginx.url, 'publish', { channel, b64data: '/wEC' });
      await callApi(stack.nginx.url, 'publish', { channel, b64data: 'eyJhIjoxfQ==' });
      const bytes = isBinary ? 'bytes /wEC' : '/wEC';
      expect(await client.received(channel, 2)).toEqual([bytes, { a: 1 }]);
    },
  },
  {
    name: 'is unsubscribed and disconnected by the server',
    run: async (scene) => {
      const { client, stack } = scene;
      const { user, club } = await member(scene);
      await callApi(stack.nginx.url, 'unsubscribe', { user, channel: club });
      expect(await client.tells('unsubscribed', club)).toMatchObject({ code: 2000 });
      expect(client.told('connecting')).toHaveLength(1);
      await callApi(stack.nginx.url, 'disconnect', { user });
      expect(await client.tells('disconnected')).toMatchObject({ code: 3503 });
    },
  },
];
