import { callApi, missingPrograms, NewswireProcess, RedisServer, until } from '@newswire/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface HistoryAnswer {
  readonly result?: { readonly publications: readonly { readonly data: unknown }[] };
}

describe.skipIf(missingPrograms('redis-server', 'redis-cli').length > 0)(
  'the inlet stream (needs redis-server)',
  () => {
    let redis: RedisServer;
    const centers: NewswireProcess[] = [];
    beforeEach(async () => {
      redis = await RedisServer.start();
    });
    afterEach(async () => {
      for (const center of centers.splice(0)) await center.stop('SIGKILL');
      await redis.dispose();
    });

    async function startCenter(): Promise<NewswireProcess> {
      const center = await NewswireProcess.start('center', { NEWSWIRE_REDIS_URL: redis.url });
      centers.push(center);
      return center;
    }

    const add = (...fields: string[]) => redis.cli('XADD', 'news-inlet', '*', ...fields);
    /** Entries with the numbers, by turns on two channels. */
    async function addNumbers(from: number, to: number): Promise<void> {
      const script = `for i = ${from}, ${to} do
        redis.call('XADD', 'news-inlet', '*', 'channel', i % 2 == 0 and 'even' or 'odd', 'json', i)
      end`;
      await redis.cli('EVAL', script, '0');
    }
    const numbers = (from: number, to: number, remainder: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((n) => n % 2 === remainder);

    async function dataOf({ url }: NewswireProcess, channel: string): Promise<unknown[]> {
      const { result } = (await callApi(url, 'history', { channel, limit: -1 })) as HistoryAnswer;
      return result?.publications.map(({ data }) => data) ?? [];
    }

    const isEmpty = () =>
      until('an empty stream', async () => (await redis.cli('XLEN', 'news-inlet')) === '0');

    test('entries added before center began are published once, in order, and removed', async () => {
      await add('channel', 'a', 'data', 'text with "quotes"');
      await add('channel', 'a', 'json', ' {"n": 1.50}\n', 'tags', '{"desk":"sports"}');
      const center = await startCenter();
      await isEmpty();
      await add('channel', 'a', 'data', '3');
      await isEmpty();
      expect(await dataOf(center, 'a')).toEqual(['text with "quotes"', { n: 1.5 }, '3']);
      const page = await callApi(center.url, 'history', { channel: 'a', limit: -1 });
      expect(JSON.stringify(page)).toContain('"tags":{"desk":"sports"}');
      expect(await redis.cli('XPENDING', 'news-inlet', 'newswire')).toMatch(/^0/);
    });

    test('an entry that can never be published is counted, logged and removed', async () => {
      const center = await startCenter();
      for (const fields of [
        ['data', 'no channel'],
        ['channel', 'no good', 'data', 'x'],
        ['channel', 'a'],
        ['channel', 'a', 'data', 'x', 'json', '1'],
        ['channel', 'a', 'json', '{'],
        ['channel', 'a', 'data', 'x', 'tags', '[1]'],
        ['channel', 'a', 'data', 'x', 'tag', '{}'],
        ['channel', 'a', 'data', 'x'.repeat(70_000)],
      ]) {
        await add(...fields);
      }
      await add('channel', 'a', 'data', 'good');
      await isEmpty();
      expect(await dataOf(center, 'a')).toEqual(['good']);
      const metrics = await fetch(`${center.url}/metrics`).then((answer) => answer.text());
      expect(metrics).toMatch(/^newswire_center_inlet_dropped_total 8$/m);
      expect(center.process.stdout).toContain('is dropped: bad request: json is not JSON');
    });

    test('tags have the limits of the API', async () => {
      const center = await startCenter();
      const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`tag${i}`, 'x']));
      for (const tags of [many, { long: 'x'.repeat(5000) }, { none: null }]) {
        await add('channel', 'a', 'data', 'x', 'tags', JSON.stringify(tags));
      }
      await isEmpty();
      expect(await dataOf(center, 'a')).toEqual([]);
      const { stdout } = center.process;
      expect(stdout.match(/tags must be an object of up to 64 strings, 4096 bytes/g)).toHaveLength(
        3,
      );
    });

    test('entries are published once and in order while centers are killed', async () => {
      let center = await startCenter();
      for (let round = 0; round < 3; round++) {
        await addNumbers(round * 300 + 1, round * 300 + 300);
        await until(
          'some of them',
          async () => Number(await redis.cli('XLEN', 'news-inlet')) < 250,
        );
        await center.stop('SIGKILL');
        center = await startCenter();
      }
      await isEmpty();
      expect(await dataOf(center, 'odd')).toEqual(numbers(1, 900, 1));
      expect(await dataOf(center, 'even')).toEqual(numbers(1, 900, 0));
    }, 60_000);

    test('two centers publish each entry once', async () => {
      const [center] = await Promise.all([startCenter(), startCenter()]);
      await addNumbers(1, 600);
      await isEmpty();
      const sorted = (data: unknown[]) => data.toSorted((a, b) => Number(a) - Number(b));
      expect(sorted(await dataOf(center, 'odd'))).toEqual(numbers(1, 600, 1));
      expect(sorted(await dataOf(center, 'even'))).toEqual(numbers(1, 600, 0));
    });

    test('continues after Redis was flushed, restarted, or was away', async () => {
      const center = await startCenter();
      await redis.cli('FLUSHALL');
      await add('channel', 'a', 'data', 'after a flush');
      await isEmpty();
      expect(await dataOf(center, 'a')).toEqual(['after a flush']);
      await redis.stop('SIGTERM');
      await redis.start();
      await add('channel', 'a', 'data', 'after a restart');
      await isEmpty();
      expect(await dataOf(center, 'a')).toEqual(['after a flush', 'after a restart']);
    });
  },
);
