import { missingPrograms, RedisServer, until } from '@newswire/testkit';
import { CONTRACT_LIMITS } from '@newswire/broker/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { RedisBroker, RedisLink, type RedisLinkOptions } from '../src/index.js';

export const REDIS_OPTIONS = { getLimits: () => CONTRACT_LIMITS, publishTimeoutMs: 1000 };

/**
 * A real redis-server, emptied before each test, and links to it that are closed after each test.
 */
export interface RedisRig {
  readonly redis: RedisServer;
  openLink(options?: Partial<RedisLinkOptions>): Promise<RedisLink>;
  openBroker(): Promise<{ link: RedisLink; broker: RedisBroker }>;
}

/** Describes tests that need a redis-server. They are skipped by name if there is none. */
export function describeOnRedis(describeTests: (rig: RedisRig) => void): void {
  const missing = missingPrograms('redis-server', 'redis-cli');
  describe.skipIf(missing.length > 0)(`needs ${missing.join(', ') || 'redis-server'}`, () => {
    let redis: RedisServer;
    const links: RedisLink[] = [];
    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(() => redis.dispose());
    beforeEach(() => redis.cli('FLUSHALL'));
    afterEach(() => Promise.all(links.splice(0).map((link) => link.close())));

    async function openLink(options: Partial<RedisLinkOptions> = {}): Promise<RedisLink> {
      const link = new RedisLink({
        redisUrl: redis.url,
        reconnectDelayMs: () => 50,
        ...options,
      });
      links.push(link);
      await until('the link', () => link.fault === undefined);
      return link;
    }

    describeTests({
      get redis() {
        return redis;
      },
      openLink,
      async openBroker() {
        const link = await openLink();
        return { link, broker: new RedisBroker(link, REDIS_OPTIONS) };
      },
    });
  });
}
