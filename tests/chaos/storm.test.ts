import { LoadProcess } from '@newswire/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingFor } from './needs.js';
import { print, summary } from './report.js';
import { Stack } from './stack.js';

const CLIENTS = Number(process.env['CLIENTS'] || (process.env['CI'] === 'true' ? 2000 : 10_000));
const CHANNELS = 20;
const RATE = 40;
const WITHIN_MS = 5000;

const missing = missingFor(CLIENTS);

describe.skipIf(missing.length > 0)('a reconnect storm (needs nginx and redis-server)', () => {
  let stack: Stack;
  let load: LoadProcess;
  const started: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    stack = await Stack.start();
    started.unshift(stack);
    load = await LoadProcess.start({
      apiUrl: `http://127.0.0.1:${stack.center.port}`,
      webSocketUrls: stack.edgeUrls,
      channelCount: CHANNELS,
      clientCount: CLIENTS,
      seed: 1,
    });
    started.unshift(load);
  });
  afterAll(async () => {
    for (const each of started) await each.stop();
  });

  async function historyReads(): Promise<number[]> {
    const reads = stack.edges.map((edge) => edge.metric('newswire_edge_history_reads_total'));
    return Promise.all(reads);
  }

  /** Waits until everybody has everything; judges it. */
  async function judge(title: string, reads: readonly number[]): Promise<void> {
    await load.call('live', 120_000);
    await delay(1000); // what is published now shows that all flows again
    await load.call('stopPublishing', 30_000);
    const end = await load.call('caughtUp', 60_000);
    const figures = await load.call('figures');
    print(title, { 'history reads': reads, 'caught up': end, ...summary(figures) });
    expect(figures.faults).toEqual([]);
    expect(figures.verdict).toMatchObject({ lost: 0, doubled: 0, reordered: 0, skipped: 0 });
    expect(figures.gaps).toEqual([]);
    expect(figures.publisher.unknown).toBe(0);
    for (const count of reads) expect(count).toBeLessThanOrEqual(CHANNELS);
  }

  test(`${CLIENTS} clients that drop and come back with their positions`, async () => {
    await load.call('connect', 5000, 120_000);
    await load.call('publish', RATE);
    await delay(2000); // what they have got before
    const before = await historyReads();
    await load.call('storm', WITHIN_MS);
    await delay(WITHIN_MS);
    await load.call('live', 120_000);
    const after = await historyReads();
    await judge(
      'reconnect storm',
      after.map((count, i) => count - (before[i] ?? 0)),
    );
    const { counts } = (await load.call('figures')).kinds.clients;
    expect(counts['recovered: true']).toBeGreaterThanOrEqual(CLIENTS);
  });

  test(`${CLIENTS} clients that come back to edges which know nothing yet`, async () => {
    await load.call('publish', RATE);
    await delay(2000);
    await Promise.all(
      stack.edges.map(async (edge) => {
        await edge.stop('SIGKILL');
        await edge.start();
      }),
    );
    await load.call('live', 120_000);
    const reads = await historyReads();
    expect(Math.min(...reads)).toBeGreaterThan(0); // or it is not counted
    await judge('reconnect storm on new edges', reads);
    const { counts } = (await load.call('figures')).kinds.clients;
    expect(counts['recovered: true']).toBeGreaterThanOrEqual(2 * CLIENTS);
  });
});
