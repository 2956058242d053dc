import { MemoryBlockList } from '@newswire/broker';
import { describe, expect, test } from 'vitest';
import { ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig } from '../../test/rig/hub-rig.js';
import { BlockedUsers } from './blocked-users.js';

async function rigWith() {
  const access = new ScriptedAccess();
  for (const user of ['ann', 'bob']) access.credentials[user] = { user };
  const blockList = new MemoryBlockList(() => rig.nowMs);
  const rig: HubRig = new HubRig(10, { access, blockList });
  const connect = async (token: string) => {
    const client = rig.open();
    await client.ask(1, { connect: { token } });
    return client;
  };
  const reload = () => rig.core.control({ method: 'reloadBlocked' });
  return { rig, access, blockList, connect, reload };
}

describe('a blocked user', () => {
  test('loses the connections, and gets no new one until its time has passed', async () => {
    const { rig, blockList, connect, reload } = await rigWith();
    const clients = [await connect('ann'), await connect('ann'), await connect('bob')];
    const anonymous = await connect('');
    await blockList.block('ann', 5000);
    expect(await reload()).toEqual({});
    const closes = [...clients, anonymous].map(({ socket }) => socket.closes);
    expect(closes).toEqual([[3503], [3503], [], []]);
    expect((await connect('ann')).socket.closes).toEqual([3507]);
    expect((await connect('bob')).socket.closes).toEqual([]);
    await rig.elapse(5000);
    expect((await connect('ann')).socket.closes).toEqual([]);
  });

  test('may connect again after it was unblocked', async () => {
    const { blockList, connect, reload } = await rigWith();
    await blockList.block('ann', Infinity);
    await reload();
    expect((await connect('ann')).socket.closes).toEqual([3507]);
    await blockList.unblock('ann');
    await reload();
    expect((await connect('ann')).socket.closes).toEqual([]);
  });

  test('is refused if it was blocked while it was authenticated, or refreshes', async () => {
    const { access, blockList, rig, reload } = await rigWith();
    let admit: (credentials: object) => void = () => undefined;
    access.credentials['slow'] = new Promise((resolve) => (admit = resolve));
    const client = rig.open();
    const asked = client.ask(1, { connect: { token: 'slow' } });
    await blockList.block('ann', Infinity);
    await reload();
    admit({ user: 'ann' });
    await asked;
    await rig.elapse(0);
    expect(client.socket.closes).toEqual([3507]);
  });
});

describe('the list on an edge', () => {
  test('stays as it was if it cannot be read, and the last read counts', async () => {
    const answers: (ReadonlyMap<string, number> | Error)[] = [
      new Map([['ann', Infinity]]),
      new Error('away'),
      new Map([['bob', Infinity]]),
    ];
    const reported: string[] = [];
    const blocked = new BlockedUsers({
      list: {
        list: async () => {
          const answer = answers.shift() ?? new Map();
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      now: () => 0,
      onBlocked: (user) => reported.push(user),
    });
    await blocked.reload();
    const reads = [blocked.reload(), blocked.reload()];
    await expect(reads[0]).rejects.toThrow('away');
    await reads[1];
    expect(['ann', 'bob', ''].map((user) => blocked.has(user))).toEqual([false, true, false]);
    expect(reported).toEqual(['ann', 'bob']);
  });
});
