import { MemoryPresence, RedisPresence } from '../src/index.js';
import { Cable } from './cable.js';
import { DelegateRig, untilUp } from './delegate-rig.js';
import { describePresenceContract } from './presence-contract.js';
import { describeOnRedis } from './redis-rig.js';

describePresenceContract('memory', async () => {
  const presence = new MemoryPresence();
  return { edges: [presence, presence], reader: presence, dispose: () => presence.close() };
});

describePresenceContract('delegate', async () => {
  const rig = new DelegateRig();
  const [one, two] = [await rig.edge(), await rig.edge()];
  const cable = await Cable.to(one.port);
  const center = rig.center([cable.port, two.port]);
  await untilUp(center, one, two);
  return {
    edges: [one.presence, two.presence],
    reader: center.presence,
    kill: async () => cable.cut({ isOpen: false }),
    dispose: async () => {
      await rig.dispose();
      cable.close();
    },
  };
});

describeOnRedis((rig) => {
  describePresenceContract('redis', async () => {
    const links = await Promise.all([1, 2, 3].map(() => rig.openLink()));
    const [one, two, reader] = links.map(
      (link) => new RedisPresence(link, { presenceLeaseMs: 600, publishTimeoutMs: 1000 }),
    ) as [RedisPresence, RedisPresence, RedisPresence];
    return {
      edges: [one, two],
      reader,
      kill: async () => {
        links[0]?.commands.destroy();
        links[0]?.subscriber.destroy();
      },
      dispose: async () => void (await Promise.all([one, two, reader].map((each) => each.close()))),
    };
  });
});
