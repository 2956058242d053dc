import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { freePort, until } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { TestLog } from '@newswire/broker/contract';
import { openRedis, type RedisOptions, type RedisParts } from '../src/index.js';
import { describeOnRedis, REDIS_OPTIONS } from './redis-rig.js';

class RedisTestLog extends TestLog {
  error(_: unknown, sentence: string): void {
    this.lines.push(sentence);
  }
}

const open: RedisParts[] = [];

/** The Redis parts of a process, and its log. */
function connect(redisUrl: string, options: Partial<RedisOptions> = {}) {
  const log = new RedisTestLog();
  let attempts = 0;
  const reconnectDelayMs = () => {
    attempts++;
    return 5;
  };
  const parts = openRedis({
    ...REDIS_OPTIONS,
    presenceLeaseMs: 20_000,
    redisUrl,
    reconnectDelayMs,
    log,
    ...options,
  });
  open.push(parts);
  return { ...parts, log, tries: () => attempts };
}

afterEach(() => Promise.all(open.splice(0).map((parts) => parts.close())));

/**
 * Returns the first fault. The log has it too, with the address: it appears immediately, and each
 * line appears once, regardless of the number of attempts.
 */
async function faultAt(redisUrl: string): Promise<{ fault: string; log: RedisTestLog }> {
  const { broker, log, tries } = connect(redisUrl);
  await until('a line', () => log.lines.length > 0);
  const fault = broker.fault ?? 'none';
  expect(log.lines[0]).toBe(`${fault} [${new URL(redisUrl).host}]`);
  const before = tries();
  await until('more tries', () => tries() > before + 10);
  expect(new Set(log.lines).size).toBe(log.lines.length);
  return { fault, log };
}

describeOnRedis((rig) => {
  const at = (user: string, path = '') => `redis://${user}@127.0.0.1:${rig.redis.port}${path}`;

  describe('a fault that is there at the start is logged, and said in `fault`', () => {
    test.each(['ann', 'no-such-user'])('a wrong password of %s', async (user) => {
      await rig.redis.cli('ACL', 'SETUSER', 'ann', 'reset', 'on', '>pw', '~*', '&*', '+@all');
      const { fault, log } = await faultAt(at(`${user}:not-the-password`));
      expect(fault).toMatch(/^Redis answered: WRONGPASS /);
      expect(log.lines.join()).not.toContain('not-the-password');
      await rig.redis.cli('ACL', 'DELUSER', 'ann');
    });

    test('no password where one is needed; with it, it goes on', async () => {
      await rig.redis.cli('CONFIG', 'SET', 'requirepass', 'secret');
      try {
        expect((await faultAt(rig.redis.url)).fault).toMatch(/^Redis answered: NOAUTH /);
        const { broker, log } = connect(at(':secret'));
        await until('Redis', () => broker.fault === undefined);
        expect(log.lines).toEqual(['Redis is available']);
      } finally {
        await rig.redis.cli(
          '-a',
          'secret',
          '--no-auth-warning',
          'CONFIG',
          'SET',
          'requirepass',
          '',
        );
      }
    });

    test('connection refused', async () => {
      const { fault } = await faultAt(`redis://127.0.0.1:${await freePort()}`);
      expect(fault).toBe('Redis is away (ECONNREFUSED)');
    });

    test('an unknown host', async () => {
      const { fault } = await faultAt('redis://no-such-host.invalid');
      expect(fault).toMatch(/^Redis is away \((ENOTFOUND|EAI_AGAIN)\)$/);
    });

    test('a database that is not there', async () => {
      const { fault } = await faultAt(`${rig.redis.url}/99`);
      expect(fault).toMatch(/^Redis answered: ERR DB index is out of range/);
    });

    test('too many clients', async () => {
      await rig.redis.cli('CONFIG', 'SET', 'maxclients', '1');
      const holder = connect(rig.redis.url);
      try {
        await until('a line', () => holder.log.lines.length > 0);
        expect(holder.log.lines[0]).toMatch(/^Redis answered: ERR max number of clients reached/);
        expect(holder.broker.fault).toMatch(/max number of clients reached/);
      } finally {
        await holder.link.commands.sendCommand(['CONFIG', 'SET', 'maxclients', '100']);
      }
      await until('Redis', () => holder.broker.fault === undefined);
    });

    test('a replica', async () => {
      await rig.redis.cli('REPLICAOF', '127.0.0.1', '1');
      try {
        expect((await faultAt(rig.redis.url)).fault).toMatch(/^Redis answered: READONLY /);
      } finally {
        await rig.redis.cli('REPLICAOF', 'NO', 'ONE');
      }
    });

    test('a server that is no Redis and repeats what it is sent', async () => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (data) => {
          const line = String(data).replaceAll(/[\r\n]+/g, ' ');
          socket.write(`-ERR unknown command, with args beginning with: ${line}\r\n`);
        });
      });
      const port = await freePort();
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      const { fault, log } = await faultAt(`redis://ann:the-password@127.0.0.1:${port}`);
      expect(fault).toMatch(/^Redis answered: ERR unknown command/);
      expect(log.lines.join()).not.toContain('the-password');
      server.close();
    });
  });

  test('Redis that still loads its data is not there before it has', async () => {
    // While it loads, Redis answers once every 1,024 bytes: each value is longer, also compressed.
    for (let i = 0; i < 30; i++) {
      await rig.redis.cli('SET', `key ${i}`, randomBytes(1500).toString('hex'));
    }
    // Only a snapshot is loaded key by key.
    await rig.redis.cli('BGREWRITEAOF');
    const persistence = () => rig.redis.cli('INFO', 'persistence');
    await until('the snapshot', async () =>
      /aof_rewrite_in_progress:0[^]*aof_last_bgrewrite_status:ok/.test(await persistence()),
    );
    await rig.redis.stop();
    // Each key takes 100 ms.
    rig.redis.spawn(
      '--key-load-delay',
      '100000',
      '--loading-process-events-interval-bytes',
      '1024',
    );
    const { broker, log } = connect(rig.redis.url);
    // In one probe: on a busy machine Redis may have loaded everything before a second one.
    await until('the fault', () => broker.fault?.startsWith('Redis answered: LOADING '));
    await until('Redis', () => broker.fault === undefined);
    expect(log.lines.some((line) => line.includes('LOADING'))).toBe(true);
    expect(log.lines.at(-1)).toBe('Redis is available');
  });

  describe('a permission that is missing', () => {
    const users: string[] = [];
    afterEach(() => rig.redis.cli('ACL', 'DELUSER', ...users.splice(0)));

    async function userWith(...rules: string[]): Promise<string> {
      const name = `user${users.length}`;
      users.push(name);
      await rig.redis.cli('ACL', 'SETUSER', name, 'reset', 'on', '>pw', ...rules);
      return name;
    }

    test.each([
      ['INFO', ['~*', '&*', '+@all', '-info'], /NOPERM .*'info'/],
      ['CLIENT ID', ['~*', '&*', '+@all', '-client|id'], /NOPERM .*'client\|id'/],
      ['PING', ['~*', '&*', '+@all', '-ping'], /NOPERM .*'ping'/],
      ['SUBSCRIBE', ['~*', '&*', '+@all', '-subscribe'], /NOPERM .*'subscribe'/],
      ['UNSUBSCRIBE', ['~*', '&*', '+@all', '-unsubscribe'], /NOPERM .*'unsubscribe'/],
      ['EVAL', ['~*', '&*', '+@all', '-eval'], /NOPERM .*'eval'/],
      ['EVALSHA', ['~*', '&*', '+@all', '-evalsha'], /NOPERM .*'evalsha'/],
      ['a command in a script', ['~*', '&*', '+@all', '-xadd'], /\(XADD\)/],
      ['PUBLISH', ['~*', '&*', '+@all', '-publish'], /\(PUBLISH\)/],
      ['PUBSUB NUMSUB', ['~*', '&*', '+@all', '-pubsub|numsub'], /NOPERM .*'pubsub\|numsub'/],
      ['MULTI', ['~*', '&*', '+@all', '-multi'], /NOPERM .*'multi'/],
      ['EXEC', ['~*', '&*', '+@all', '-exec'], /NOPERM .*'exec'/],
      ['keys', ['&*', '+@all'], /NOPERM .*keys/],
      ['channels', ['~*', 'resetchannels', '+@all'], /NOPERM .*channels|publish to the channel/],
    ])('%s: Redis’ own text, until it is permitted', async (_, rules, expected) => {
      const name = await userWith(...rules);
      const { broker, log } = connect(at(`${name}:pw`));
      await until('a line', () => log.lines.length > 0);
      await until('the fault', () => broker.fault?.match(expected));
      expect(broker.fault).toMatch(/^Redis answered: /);
      expect(log.lines.join('\n')).toMatch(expected);
      await rig.redis.cli('ACL', 'SETUSER', name, '~*', '&*', '+@all');
      await until('Redis', () => broker.fault === undefined);
      expect(log.lines.at(-1)).toBe('Redis is available');
    });

    test('taken away later: the first command that is refused shows it', async () => {
      const name = await userWith('~*', '&*', '+@all');
      const { broker, log } = connect(at(`${name}:pw`));
      await until('Redis', () => broker.fault === undefined);
      await rig.redis.cli('ACL', 'SETUSER', name, '-xadd');
      await expect(broker.publish('a', '1')).rejects.toThrow(/^internal error: Redis answered: /);
      await until('the fault', () => broker.fault);
      expect(broker.fault).toMatch(/\(XADD\)$/);
      expect(log.lines.at(-1)).toMatch(/\(XADD\) \[/);
      await rig.redis.cli('ACL', 'SETUSER', name, '+xadd');
      await until('Redis', () => broker.fault === undefined);
      expect((await broker.publish('a', '1')).offset).toBe(1);
    });

    test('a refused request to the edges has Redis’ own text', async () => {
      const name = await userWith('~*', '&*', '+@all');
      const { broker, control } = connect(at(`${name}:pw`));
      await until('Redis', () => broker.fault === undefined);
      await rig.redis.cli('ACL', 'SETUSER', name, '-multi');
      await expect(control.request({ method: 'channels' })).rejects.toThrow(
        /Redis answered: NOPERM .*'multi'/,
      );
    });
  });

  describe('a full Redis', () => {
    afterEach(() => rig.redis.cli('CONFIG', 'SET', 'maxmemory', '0'));

    test('is a fault for center, with Redis’ own text, until it has room', async () => {
      await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '1');
      const { fault } = await faultAt(rig.redis.url);
      expect(fault).toMatch(/^Redis answered: OOM command not allowed/);
      const { broker } = connect(rig.redis.url);
      await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '0');
      await until('Redis', () => broker.fault === undefined);
    });

    test('is a fault that shows while it runs, too', async () => {
      const { broker, log } = connect(rig.redis.url);
      await until('Redis', () => broker.fault === undefined);
      await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '1');
      await expect(broker.publish('a', '1')).rejects.toThrow(/Redis answered: OOM/);
      await until('the fault', () => broker.fault);
      expect(broker.fault).toMatch(/^Redis answered: OOM/);
      expect(log.lines.at(-1)).toMatch(/^Redis answered: OOM/);
    });

    test('keeps no edge from being ready, but what it refuses is logged', async () => {
      await rig.redis.cli('CONFIG', 'SET', 'maxmemory', '1');
      const { broker, log } = connect(rig.redis.url, { toleratesFullRedis: true });
      await until('Redis', () => broker.fault === undefined);
      await expect(broker.publish('a', '1')).rejects.toThrow(/Redis answered: OOM/);
      expect(log.lines.some((line) => line.startsWith('Redis answered: OOM'))).toBe(true);
      expect(broker.fault).toBeUndefined();
    });
  });

  describe('maxmemory-policy', () => {
    afterEach(() => rig.redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'));

    test.each([
      ['allkeys-lru', 1],
      ['volatile-ttl', 1],
      ['noeviction', 0],
    ])('%s: %i warnings', async (policy, count) => {
      await rig.redis.cli('CONFIG', 'SET', 'maxmemory-policy', policy);
      const { broker, log } = connect(rig.redis.url);
      await until('Redis', () => broker.fault === undefined);
      const sentence = `its maxmemory-policy is ${policy}, set it to noeviction`;
      expect(log.count(sentence)).toBe(count);
      expect(log.lines.length).toBe(count + 1);
    });
  });

  test('the checks leave nothing in Redis', async () => {
    const { broker } = connect(rig.redis.url);
    await until('Redis', () => broker.fault === undefined);
    expect(await rig.redis.cli('KEYS', '*')).toBe('');
    expect(await rig.redis.cli('PUBSUB', 'CHANNELS')).toBe('');
  });
});
