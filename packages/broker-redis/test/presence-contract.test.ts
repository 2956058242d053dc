import { describePresenceContract } from '@newswire/broker/contract';
import { RedisPresence } from '../src/index.js';
import { describeOnRedis } from './redis-rig.js';

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
