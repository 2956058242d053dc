import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, missingPrograms } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SdkClient } from './rig/sdk-client.js';
import { Stack } from './rig/sdk-stack.js';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

const channelsFile = join(mkdtempSync(join(tmpdir(), 'newswire-filter-')), 'channels.json');
writeFileSync(channelsFile, '{"namespaces":{"market":{"allow_tags_filter":true}}}');

describe.skipIf(missing.length > 0)('filters on three edges (needs nginx and redis-server)', () => {
  let stack: Stack;
  const clients: SdkClient[] = [];

  beforeAll(async () => {
    stack = await Stack.start({ NEWSWIRE_CHANNELS_FILE: channelsFile });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await stack.stop();
  });

  async function publish(from: number, to: number): Promise<void> {
    for (let n = from; n <= to; n++) {
      const tags = { parity: n % 2 === 0 ? 'even' : 'odd', n: `${n}` };
      const answer = await callApi(stack.nginx.url, 'publish', {
        channel: 'market:1',
        data: n,
        tags,
      });
      expect(answer).toHaveProperty('result');
    }
  }

  test('the library loses and repeats nothing that matches when its edge is killed', async () => {
    const client = new SdkClient(stack.nginx.webSocketUrl);
    clients.push(client);
    const tagsFilter = { key: 'parity', cmp: 'eq', val: 'even' } as const;
    const even = client.subscribe('market:1', undefined, { tagsFilter });
    await even.isSubscribed();
    await publish(1, 11);
    await even.received(5);
    const restart = await stack.killUsedEdge();
    await publish(12, 61);
    expect(await even.isSubscribed(2)).toMatchObject({ wasRecovering: true, recovered: true });
    await even.received(30);
    await publish(62, 64);
    const expected = Array.from({ length: 32 }, (_, i) => 2 * (i + 1));
    expect(await even.received(32)).toEqual(expected);
    await restart();
  });
});
