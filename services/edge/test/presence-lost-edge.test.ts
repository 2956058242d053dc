import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms, NewswireProcess, RedisServer, until } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SdkClient } from './rig/sdk-client.js';

const missing = missingPrograms('redis-server', 'redis-cli');

const LEASE_MS = 1500;
const CHANNEL = 'room:a';
/** In Redis: the edges that vouch for members of the channel, by the ends of their leases. */
const LEASES = `nw0:{${CHANNEL}}:here`;

const CHANNELS = {
  namespaces: { room: { presence: true, join_leave: true, read_presence: 'subscribers' } },
};

describe.skipIf(missing.length > 0)('presence of a lost edge (needs redis-server)', () => {
  let redis: RedisServer;
  let edges: NewswireProcess[];
  const clients: SdkClient[] = [];

  beforeAll(async () => {
    const channelsFile = join(mkdtempSync(join(tmpdir(), 'newswire-lost-edge-')), 'channels.json');
    writeFileSync(channelsFile, JSON.stringify(CHANNELS));
    redis = await RedisServer.start();
    const settings = {
      NEWSWIRE_REDIS_URL: redis.url,
      NEWSWIRE_CHANNELS_FILE: channelsFile,
      NEWSWIRE_PRESENCE_LEASE_MS: String(LEASE_MS),
      NEWSWIRE_DRAIN_MS: '0',
    };
    edges = await Promise.all([1, 2].map(() => NewswireProcess.start('edge', settings)));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await Promise.all(edges.map((edge) => edge.stop('SIGKILL')));
    await redis.dispose();
  });

  /** A client on the channel, its first id, and the joins and leaves that it received: `+` or `-`, and the id. */
  async function enter(edge: NewswireProcess) {
    const client = new SdkClient(`ws://127.0.0.1:${edge.port}/connection/websocket`);
    clients.push(client);
    const id = await new Promise<string>((resolve) =>
      client.centrifuge.once('connected', (context) => resolve(context.client)),
    );
    const heard: string[] = [];
    const receive = (sign: string, who: string) => who !== id && heard.push(sign + who);
    const room = client.subscribe(CHANNEL, undefined, { joinLeave: true });
    const { subscription } = room;
    subscription.on('join', ({ info }) => receive('+', info.client));
    subscription.on('leave', ({ info }) => receive('-', info.client));
    await room.isSubscribed();
    const present = async () => Object.keys((await subscription.presence()).clients).toSorted();
    return { id, heard, present };
  }

  /** The edges' names in Redis, once there are so many. */
  async function leaseHolders(count: number): Promise<string[] | undefined> {
    const names = (await redis.cli('ZRANGE', LEASES, '0', '-1')).split('\n').filter(Boolean);
    return names.length === count ? names : undefined;
  }

  const readLeaseEnd = async (edge: string) => Number(await redis.cli('ZSCORE', LEASES, edge));

  async function isRenewed(edge: string, sinceMs: number): Promise<void> {
    await until(
      'renewals for a lease',
      async () => (await readLeaseEnd(edge)) > sinceMs + LEASE_MS,
    );
  }

  test('members of a lost edge leave once, when its lease ends', async () => {
    const [dying, staying] = edges as [NewswireProcess, NewswireProcess];
    const lost = await enter(dying);
    const [dyingName = ''] = await until('its lease', () => leaseHolders(1));
    const stays = await enter(staying);
    const names = await until('both leases', () => leaseHolders(2));
    const stayingName = names.find((name) => name !== dyingName) ?? '';
    // As long as it lives its lease is renewed, and no member leaves.
    await isRenewed(dyingName, await readLeaseEnd(dyingName));
    const both = [lost.id, stays.id].toSorted();
    await until('both', async () => `${await stays.present()}` === `${both}`);
    expect(stays.heard).toEqual([]);

    await dying.stop('SIGKILL');
    const endMs = await readLeaseEnd(dyingName);
    await until('the leave', () => stays.heard.length > 0);
    expect(Date.now()).toBeGreaterThanOrEqual(endMs);
    expect(await stays.present()).toEqual([stays.id]);

    // Later sweeps do not report it again; new reports follow theirs.
    await isRenewed(stayingName, await readLeaseEnd(stayingName));
    const late = await enter(staying);
    await until('the late one', () => stays.heard.includes(`+${late.id}`));
    expect(stays.heard).toEqual([`-${lost.id}`, `+${late.id}`]);
    expect(await stays.present()).toEqual([stays.id, late.id].toSorted());
  });
});
