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

/** How a redis-server is started and reached. */
interface RedisSetup {
  /** The options of redis-server. */
  readonly server: readonly string[];
  /** The options of links to it; its plain port is that of `redis`. */
  readonly link: Partial<RedisLinkOptions>;
}

const PLAIN: RedisSetup = { server: [], link: {} };

/**
 * Describes tests that need a redis-server. They are skipped by name if there is none. `setUp` is called once before
 * the server starts.
 */
export function describeOnRedis(
  describeTests: (rig: RedisRig) => void,
  setUp: () => Promise<RedisSetup> = () => Promise.resolve(PLAIN),
): void {
  const missing = missingPrograms('redis-server', 'redis-cli');
  describe.skipIf(missing.length > 0)(`needs ${missing.join(', ') || 'redis-server'}`, () => {
    let redis: RedisServer;
    let setup = PLAIN;
    const links: RedisLink[] = [];
    beforeAll(async () => {
      setup = await setUp();
      redis = await RedisServer.start(...setup.server);
    });
    afterAll(() => redis.dispose());
    beforeEach(() => redis.cli('FLUSHALL'));
    afterEach(() => Promise.all(links.splice(0).map((link) => link.close())));

    async function openLink(options: Partial<RedisLinkOptions> = {}): Promise<RedisLink> {
      const link = new RedisLink({
        redisUrl: redis.url,
        reconnectDelayMs: () => 50,
        ...setup.link,
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
