// newswire's own edge code with one fault in it: the load test has to notice, and say which it is.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  freePort,
  missingPrograms,
  publish,
  ROOT,
  SeedClient,
  subscribed,
  TestProcess,
  until,
  untilAnswers,
} from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunResult } from '../lib/result.ts';

const HOOK = fileURLToPath(new URL('seed-fault.mjs', import.meta.url));
const FAULTS = [
  ['drop', 'lost'],
  ['double', 'doubled'],
  ['reorder', 'reordered'],
] as const;
/** A busy machine is no fault of the server's. */
const PATIENT = { P50_MS: '60000', P95_MS: '60000', P99_MS: '60000' };
/** Enough for several faults of one in 100 publications of a channel. */
const SHORT = { VUS: '9', RATE: '200', DURATION: '3s', CHANNEL_COUNT: '1' };
/** As fast as one publisher can: its rate decides how long 10,000 publications take. */
const LONG = { VUS: '2', RATE: '2000', CHANNEL_COUNT: '1' };
/** Tried in turn until there have been so many: enough on an idle machine, and on a busy one. */
const LONG_DURATIONS = ['15s', '60s'];

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** The embedded server, with a fault in each `every`-th publication of a channel. */
async function startWith(fault: string, every: number): Promise<string> {
  const port = await freePort();
  const script = `${ROOT}services/standalone/dist/main.js`;
  const env = {
    PATH: process.env['PATH'],
    FAULT: fault,
    EVERY: String(every),
    NEWSWIRE_PORT: String(port),
    NEWSWIRE_DRAIN_MS: '0',
  };
  const args = fault === 'none' ? [script] : ['--import', HOOK, script];
  const server = new TestProcess(process.execPath, args, env, tmpdir());
  cleanUps.push(() => server.stop('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers('the server with a fault', server, `${url}/readyz`, 60_000);
  expect(server.stderr.includes(`seed-fault: ${fault} 1 in ${every}`)).toBe(fault !== 'none');
  return url;
}

/** Runs a scenario as `make loadtest` does. */
async function loadTest(url: string, environment: Readonly<Record<string, string>>) {
  const results = await mkdtemp(join(tmpdir(), 'newswire-load-results-'));
  cleanUps.push(() => rm(results, { recursive: true }));
  const own = { PATH: process.env['PATH'], HOME: process.env['HOME'], RESULTS_DIR: results };
  const env = { ...own, ...PATIENT, BASE_URL: url, ...environment };
  const run = new TestProcess(`${ROOT}load-tests/run`, [], env, ROOT);
  const { code } = await run.exited;
  const file = join(results, environment['SCENARIO'] ?? 'fan-out');
  const json = await readFile(`${file}.json`, 'utf8').catch(() => run.stdout + run.stderr);
  const result = JSON.parse(json) as RunResult;
  const html = await readFile(`${file}.html`, 'utf8');
  const broken = result.thresholds.filter(({ held }) => !held);
  const output = run.stdout + run.stderr;
  return {
    code,
    output,
    html,
    result,
    broken: broken.map((each) => `${each.metric} ${each.condition}`),
  };
}

interface Message {
  readonly push?: { readonly pub?: { readonly data: unknown } };
}

/** What publications brought on the Centrifuge protocol. */
function readData({ frames }: SeedClient): unknown[] {
  const messages = frames.flatMap((frame) => frame.split('\n'));
  return messages.flatMap((text) => (JSON.parse(text) as Message).push?.pub?.data ?? []);
}

describe('a seeded fault', () => {
  test.each([
    ['drop', [1, 2, 4, 5, 7]],
    ['double', [1, 2, 3, 3, 4, 5, 6, 6, 7]],
    ['reorder', [1, 2, 4, 3, 5, 7, 6]],
  ])('%s: is in what both protocols bring', async (fault, brought) => {
    const url = await startWith(fault, 3);
    const socketUrl = url.replace('http', 'ws');
    const seed = await SeedClient.open(`${socketUrl}/ws`);
    const centrifuge = await SeedClient.open(`${socketUrl}/connection/websocket`);
    cleanUps.push(async () => [seed, centrifuge].forEach((client) => client.close()));
    seed.send('sub#77707');
    centrifuge.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"77707"}}');
    await subscribed(url, '77707', 2);
    for (const item of [1, 2, 3, 4, 5, 6, 7]) await publish(url, '77707', item);
    expect((await seed.received(brought.length)).map(Number)).toEqual(brought);
    await until('as many over Centrifuge', () => readData(centrifuge).length >= brought.length);
    expect(readData(centrifuge)).toEqual(brought);
  });

  test('that cannot be put in does not let the server start', async () => {
    await expect(startWith('nothing of the kind', 3)).rejects.toThrow('there is no fault');
  });
});

describe.skipIf(missingPrograms('k6').length > 0)('make loadtest (needs k6)', () => {
  describe.each(['fan-out', 'mixed'])('%s', (SCENARIO) => {
    test('passes without a fault', { timeout: 60_000 }, async () => {
      const { code, broken, result } = await loadTest(await startWith('none', 0), {
        SCENARIO,
        ...SHORT,
      });
      expect({ code, broken }).toEqual({ code: 0, broken: [] });
      expect(result.counts['received']).toBeGreaterThan(0);
    });

    test.each(FAULTS)('fails by %s: %s', { timeout: 60_000 }, async (fault, metric) => {
      const url = await startWith(fault, 100);
      const { code, output, broken, html } = await loadTest(url, { SCENARIO, ...SHORT });
      expect({ code, broken }).toEqual({ code: 99, broken: [`${metric} count==0`] });
      expect(output).toContain(`Thresholds broken: ${metric} count==0.`);
      expect(html).toContain('<title>k6 report</title>');
    });
  });

  test.each(FAULTS)(
    'fails by one in 10,000, %s: %s',
    { timeout: 240_000 },
    async (fault, metric) => {
      let published = 0;
      for (const DURATION of LONG_DURATIONS) {
        const url = await startWith(fault, 10_000);
        const { code, broken, result } = await loadTest(url, { ...LONG, DURATION });
        published = result.counts['published'] ?? 0;
        // Behind the very last comes nothing that it could be sent after.
        if (published <= 10_000) continue;
        expect(result.counts[metric]).toBeGreaterThanOrEqual(Number(LONG.VUS));
        expect({ code, broken }).toEqual({ code: 99, broken: [`${metric} count==0`] });
        break;
      }
      expect(published).toBeGreaterThan(10_000);
    },
  );
});
