import { LoadProcess, seededRandom } from '@newswire/testkit';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planLane, REDIS_FAULTS, runLane, SERVICE_FAULTS, type PastFault } from './faults.js';
import { missingFor } from './needs.js';
import { groupGaps, print, summary, type GapGroup } from './report.js';
import { Stack } from './stack.js';

const isShort = process.env['CI'] === 'true';

/** A number from the environment, or this run's default. */
function setting(name: string, full: number, short = full): number {
  return Number(process.env[name] || (isShort ? short : full)); // make exports empty ones
}

const DURATION_S = setting('DURATION', 60, 20);
const CLIENTS = setting('CLIENTS', 2000, 500);
const RATE = setting('RATE', 500, 200);
/** Longer than any outage lasts. */
const OUTAGE_S = 20;
const SEED_PROTOCOL_CLIENTS = setting('SEED_PROTOCOL_CLIENTS', Math.round(CLIENTS / 20));
const SEED = setting('SEED', Date.now() % 1_000_000);

/** Clients' connections cut at random, a second: each about every 40 s. */
const CUT_SHARE = 1 / 40;
const CHANNELS = 20;

const missing = missingFor(CLIENTS + SEED_PROTOCOL_CLIENTS);

describe.skipIf(missing.length > 0)('chaos (needs nginx and redis-server)', () => {
  let stack: Stack;
  let load: LoadProcess;
  const started: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    stack = await Stack.start();
    started.unshift(stack);
    load = await LoadProcess.start({
      apiUrl: stack.nginx.url,
      webSocketUrls: [stack.nginx.webSocketUrl],
      channelCount: CHANNELS,
      clientCount: CLIENTS,
      seedCount: SEED_PROTOCOL_CLIENTS,
      seed: SEED,
      // What an outage holds up is made up for: the rate is kept on the whole.
      maxPending: RATE * OUTAGE_S,
    });
    started.unshift(load);
  });
  afterAll(async () => {
    for (const each of started) await each.stop();
  });

  test(`${CLIENTS} clients miss nothing without a notification (SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    const durationMs = DURATION_S * 1000;
    const plans = [REDIS_FAULTS, SERVICE_FAULTS].map((kinds) =>
      planLane(kinds, durationMs, random),
    );
    const past: PastFault[] = [];
    const startMs = Date.now();
    await load.call('connect', 3000, 60_000);
    await load.call('publish', RATE);
    await load.call('cutting', CLIENTS * CUT_SHARE);
    const lanes = plans.map((plan) => runLane(plan, stack, (fault) => past.push(fault)));
    await Promise.all([...lanes, delay(durationMs)]);

    await load.call('cutting', 0);
    await stack.untilReady();
    await load.call('live', 60_000);
    await delay(2000); // what is published now shows that all flows again
    await load.call('stopPublishing', 30_000);
    const end = await load.call('caughtUp', 30_000);
    const figures = await load.call('figures');
    const gaps = groupGaps(figures.gaps, past);
    print(`chaos, SEED=${SEED}`, {
      faults: past.map(({ kind, beginMs, endMs }) => {
        return `${kind} from ${beginMs - startMs} to ${endMs - startMs} ms`;
      }),
      ...summary(figures),
      'told gaps': gaps.map(({ after, cause, gaps: count, publications }) => {
        return `${count} for ${publications} publications, ${cause}, after ${after.join(' + ')}`;
      }),
      'caught up': end,
    });

    if (process.env['DUMP'] !== undefined) await dump(process.env['DUMP']);
    expect(figures.faults).toEqual([]);
    expect(figures.verdict).toMatchObject({ lost: 0, doubled: 0, reordered: 0, skipped: 0 });
    expect(figures.verdict.conflicts).toBe(0);
    expect(figures.publisher.unknown).toBe(0);
    expect(end.behind).toBe(0);
    expect(gaps.filter(isOfFlushAlone)).toEqual([]);
  });

  /** Writes all that is known to the folder DUMP, to look for the reason of a fault. */
  async function dump(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (let i = 0; i < CHANNELS; i++) {
      const lines = await load.call('describe', `channel-${i}`);
      await writeFile(join(folder, `channel-${i}.txt`), lines.join('\n'));
    }
    for (const [i, service] of [stack.center, ...stack.edges].entries()) {
      await writeFile(join(folder, `service-${i}.log`), service.output);
    }
  }
});

/** Told to clients that kept their connection, where nothing but FLUSHALL can have been the reason. */
function isOfFlushAlone({ after, cause }: GapGroup): boolean {
  const others = after.filter((kind) => !kind.startsWith('edge '));
  const isUnbroken = cause === 'in place' || Number(cause) >= 3000;
  return isUnbroken && others.length === 1 && others[0] === 'FLUSHALL';
}
