import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { TestLog } from '@newswire/broker/contract';
import { openRedis, openRedisInlet, type RedisParts } from '../src/index.js';
import { describeOnRedis, REDIS_OPTIONS } from './redis-rig.js';

const REDIS_PAGE = fileURLToPath(new URL('../../../docs/redis.md', import.meta.url));

/** The rules that docs/redis.md lists for a user, without its password. */
function documentedRules(user: string): string[] {
  const text = readFileSync(REDIS_PAGE, 'utf8');
  const [, rules = ''] =
    new RegExp(`^ACL SETUSER ${user} reset on >\\w+ (.+)$`, 'm').exec(text) ?? [];
  return rules.split(' ');
}

/** The rules of the stream news-inlet: without them, center is ready, and that inlet is closed. */
const STREAM_INLET =
  '~news-inlet +xgroup|create +xgroup|delconsumer +xreadgroup +xack +xdel +xautoclaim +xpending +xinfo|consumers'.split(
    ' ',
  );

/** The rules that are not needed to be ready. */
const OPTIONAL = new Set(['+client|kill', '+psubscribe', '&news:*', ...STREAM_INLET]);

const USERS = ['edge', 'center'] as const;

const open: RedisParts[] = [];
afterEach(() => Promise.all(open.splice(0).map((parts) => parts.close())));

describeOnRedis((rig) => {
  async function connectAs(user: string, rules: readonly string[], path = '') {
    await rig.redis.cli('ACL', 'SETUSER', user, 'reset', 'on', '>pw', ...rules);
    const log = Object.assign(new TestLog(), { error: () => undefined });
    const parts = openRedis({
      ...REDIS_OPTIONS,
      redisUrl: `redis://${user}:pw@127.0.0.1:${rig.redis.port}${path}`,
      presenceLeaseMs: 20_000,
      reconnectDelayMs: () => 20,
      log,
    });
    open.push(parts);
    return { ...parts, log };
  }

  describe.each(USERS)('the documented rules of %s', (user) => {
    test('are enough', async () => {
      const { broker, log } = await connectAs(user, documentedRules(user));
      await until('Redis', () => broker.fault === undefined);
      expect(log.lines).toEqual(['Redis is available']);
    });

    const required = documentedRules(user).filter((rule) => !OPTIONAL.has(rule));
    test.each(required)('without %s it is not ready, with Redis’ own text', async (rule) => {
      const rules = documentedRules(user).filter((each) => each !== rule);
      expect(rules.length).toBe(documentedRules(user).length - 1);
      const { broker, log } = await connectAs(user, rules);
      await until('a line', () => log.lines.length > 0);
      expect(log.lines[0]).toMatch(
        /^Redis answered: (NOPERM|ERR The user executing the script|EXECABORT .*NOPERM) /,
      );
      expect(broker.fault).toMatch(/^Redis answered: /);
      const command = /^\+(\w+)/.exec(rule)?.[1];
      if (command !== undefined) expect(log.lines[0]?.toLowerCase()).toContain(command);
      if (rule !== '+del') expect(await rig.redis.cli('KEYS', '*:check')).toBe('');
    });

    test('without +client|kill it is ready, and warns', async () => {
      const rules = documentedRules(user).filter((rule) => rule !== '+client|kill');
      const { broker, log } = await connectAs(user, rules);
      await until('Redis', () => broker.fault === undefined);
      expect(log.count('does not permit CLIENT KILL')).toBe(1);
    });

    test('with another database, +select is needed too', async () => {
      const rules = documentedRules(user).map((rule) => rule.replace('nw0:', 'nw3:'));
      const refused = await connectAs(user, rules, '/3');
      await until('a line', () => refused.log.lines.length > 0);
      expect(refused.log.lines[0]).toMatch(/^Redis answered: NOPERM .*'select'/);
      const { broker } = await connectAs(user, [...rules, '+select'], '/3');
      await until('Redis', () => broker.fault === undefined);
    });
  });

  test('without its rules of news-inlet, center is ready', async () => {
    const user = 'center';
    expect(documentedRules(user)).toEqual(expect.arrayContaining([...STREAM_INLET]));
    const rules = documentedRules(user).filter((rule) => !STREAM_INLET.includes(rule));
    const { broker, log } = await connectAs(user, rules);
    await until('Redis', () => broker.fault === undefined);
    expect(log.lines).toEqual(['Redis is available']);
  });

  test.each(['+psubscribe', '&news:*'])('without %s center’s inlet is refused', async (rule) => {
    const rules = documentedRules('center');
    expect(rules).toContain(rule);
    const { broker, link } = await connectAs(
      'center',
      rules.filter((each) => each !== rule),
    );
    await until('Redis', () => broker.fault === undefined);
    await expect(openRedisInlet(link, () => undefined)).rejects.toThrow(/^NOPERM /);
  });

  test('a wildcard is subscribed with the pattern as it is sent', async () => {
    const handler = {
      handlePublication: () => undefined,
      handleGap: () => undefined,
      handleRemoval: () => undefined,
    };
    const rules = [...documentedRules('edge'), '+psubscribe', '+punsubscribe'];
    const refused = await connectAs('edge', rules);
    await until('Redis', () => refused.broker.fault === undefined);
    await expect(refused.broker.subscribe('sports:*', handler)).rejects.toThrow(/^NOPERM /);
    const { broker } = await connectAs('edge', [...rules, '&nw0:{sports:*}']);
    await until('Redis', () => broker.fault === undefined);
    await broker.subscribe('sports:*', handler);
    await broker.unsubscribe('sports:*');
    expect(broker.fault).toBeUndefined();
  });
});
