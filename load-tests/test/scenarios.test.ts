// Every k6 scenario, small, on a real server and on one that does wrong.
import { readdirSync } from 'node:fs';
import { missingPrograms, NewswireProcess, ROOT, TestProcess } from '@newswire/testkit';
import type { ServiceEnvironment } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { startFaultyServer } from './faulty-server.js';

type Environment = Readonly<Record<string, string>>;

/** Small enough for a test, large enough for what each is about. */
const SMALL: Readonly<Record<string, Environment>> = {
  channels: { VUS: '10', RATE: '100', DURATION: '2s', CHANNEL_COUNT: '50' },
  'fan-out': { VUS: '20', RATE: '50', DURATION: '2s' },
  mixed: { VUS: '9', RATE: '30', DURATION: '2s', CHANNEL_COUNT: '3' },
  'publish-api': { VUS: '3', RATE: '60', DURATION: '2s' },
  ramp: { VUS: '20', RATE: '20', DURATION: '2s' },
  'reconnect-storm': { VUS: '20', RATE: '20', DURATION: '5s' },
  'slow-consumers': { VUS: '3', RATE: '200', DURATION: '4s' },
  smoke: {},
  soak: { VUS: '6', RATE: '20', DURATION: '2s' },
};
/** A busy machine is no fault of the server's. */
const PATIENT = { P50_MS: '10000', P95_MS: '10000', P99_MS: '10000' };
const scenarios = readdirSync(`${ROOT}load-tests/scenarios`)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace('.ts', ''));
const faults = [
  ['drop', 'lost'],
  ['double', 'doubled'],
  ['reorder', 'reordered'],
] as const;

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function startNewswire(settings: ServiceEnvironment = {}): Promise<NewswireProcess> {
  const environment = { NEWSWIRE_DRAIN_MS: '0', ...settings };
  const newswire = await NewswireProcess.start('standalone', environment);
  stops.push(() => newswire.stop());
  return newswire;
}

async function startFaulty(fault: string): Promise<string> {
  const faulty = await startFaultyServer(fault, 20);
  stops.push(() => faulty.stop());
  return `http://127.0.0.1:${faulty.port}`;
}

async function loadTest(environment: Environment, ...args: readonly string[]) {
  const inherited = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const env = { ...inherited, ...PATIENT, ...environment };
  const run = new TestProcess(`${ROOT}load-tests/run`, args, env, ROOT);
  const { code } = await run.exited;
  return { code, output: run.stdout + run.stderr };
}

/** A count of the summary; undefined where it has none of that name. */
function readCount(output: string, name: string): number | undefined {
  const [, count] = new RegExp(`^ +${name} +(\\d+)$`, 'm').exec(output) ?? [];
  return count === undefined ? undefined : Number(count);
}

describe.skipIf(missingPrograms('k6').length > 0)('k6 scenarios (need k6)', () => {
  test('each has a size for tests', () => {
    expect(Object.keys(SMALL)).toEqual(scenarios);
  });

  test.each(scenarios)(
    '%s passes on the embedded server',
    { timeout: 90_000 },
    async (SCENARIO) => {
      const { url } = await startNewswire();
      const { code, output } = await loadTest({ SCENARIO, BASE_URL: url, ...SMALL[SCENARIO] });
      expect(output).toContain('All thresholds held.');
      expect(readCount(output, 'received')).toBeGreaterThan(0);
      for (const name of ['lost', 'doubled', 'reordered']) expect(readCount(output, name)).toBe(0);
      expect(code).toBe(0);
    },
  );

  // The seed protocol has sequence numbers alone, the Centrifuge protocol offsets; mixed has SSE, too.
  const onProtocols = ['fan-out', 'channels', 'mixed'].flatMap((scenario) =>
    faults.map(([fault, count]) => [scenario, fault, count] as const),
  );
  test.each(onProtocols)(
    '%s fails on a server with the fault: %s',
    { timeout: 60_000 },
    async (SCENARIO, fault, count) => {
      const size = { VUS: '3', RATE: '55', DURATION: '2s', CHANNEL_COUNT: '1' };
      const { code, output } = await loadTest({
        SCENARIO,
        BASE_URL: await startFaulty(fault),
        ...size,
      });
      expect(output).toContain(`Thresholds broken: `);
      // Each of the three subscribers notices each of the faults.
      expect(readCount(output, count)).toBeGreaterThan(0);
      expect((readCount(output, count) ?? 0) % 3).toBe(0);
      expect(code).toBe(99);
    },
  );

  test.each([
    ['kick', 'connection errors'],
    ['refuse', 'publish errors'],
  ])('fan-out fails on a server with the fault: %s', { timeout: 60_000 }, async (fault, count) => {
    const size = { VUS: '3', RATE: '55', DURATION: '2s' };
    const { code, output } = await loadTest({ BASE_URL: await startFaulty(fault), ...size });
    expect(readCount(output, count)).toBeGreaterThan(0);
    expect(code).toBe(99);
  });

  test('a gap that the server reports is not a loss, but breaks a threshold', async () => {
    const one = { NEWSWIRE_HISTORY_SIZE: '1', NEWSWIRE_RING_SIZE: '1' };
    const { url } = await startNewswire(one);
    const size = { VUS: '4', RATE: '40', DURATION: '5s' };
    const { code, output } = await loadTest({
      SCENARIO: 'reconnect-storm',
      BASE_URL: url,
      ...size,
    });
    expect(readCount(output, 'gaps reported')).toBe(8);
    expect(readCount(output, 'lost')).toBe(0);
    expect(code).toBe(99);
  });

  test(
    'slow consumers fall behind, so that the server has to keep their items',
    { timeout: 90_000 },
    async () => {
      const newswire = await startNewswire();
      let mostBehind = 0;
      const look = async () => {
        const text = await (await fetch(`${newswire.url}/metrics`)).text();
        const [, behind] = /^newswire_edge_catching_up (\d+)$/m.exec(text) ?? [];
        mostBehind = Math.max(mostBehind, Number(behind));
      };
      const watch = setInterval(() => void look(), 50);
      const size = { VUS: '3', RATE: '200', DURATION: '5s' };
      const { code } = await loadTest({
        SCENARIO: 'slow-consumers',
        BASE_URL: newswire.url,
        ...size,
      });
      clearInterval(watch);
      expect(mostBehind).toBe(1);
      expect(code).toBe(0);
    },
  );
});

describe('settings of make loadtest', () => {
  test('a wrong scenario gives the list, a line each', async () => {
    const { code, output } = await loadTest({ SCENARIO: 'fanout' });
    const help = await loadTest({ SCENARIO: 'help' });
    expect(output).toContain(help.output);
    expect(help.code).toBe(0);
    expect(output).toContain('there is no scenario "fanout"');
    for (const name of scenarios)
      expect(output).toMatch(new RegExp(`^  ${name} +[A-Z].+[.:a-z]$`, 'm'));
    expect(code).toBe(2);
  });

  test.each([
    ['given as an argument', ['VU=5'], {}],
    ['given to make', [], { MAKEFLAGS: 'w -- VUS=3 VU=5' }],
  ])('one that does not exist is refused: %s', async (_, args, environment) => {
    const { code, output } = await loadTest(environment, ...args);
    expect(output).toMatch(/there is no setting "VU"; there are: SCENARIO VUS RATE/);
    expect(code).toBe(2);
  });

  test.skipIf(missingPrograms('k6').length > 0).each([
    [{ VUS: 'many' }, 'VUS must be a number above 0, not "many"'],
    [{ VUS: '1.5' }, 'VUS must be a whole number'],
    [{ RATE: '0' }, 'RATE must be a number above 0'],
    [{ DURATION: 'long' }, 'DURATION must be like 10s, 2m or 1h, not "long"'],
    [{ CHANNEL_COUNT: '9', VUS: '3' }, 'CHANNEL_COUNT must be 3 or less'],
    [{ SIZE: '9' }, 'fan-out has no setting SIZE; it has VUS, RATE, DURATION, CHANNEL_COUNT'],
    [{ SCENARIO: 'mixed', VUS: '2' }, 'mixed needs VUS of 3 or more'],
    [{ BASE_URL: 'http://192.0.2.1:9900' }, 'load goes to no other machine'],
  ])('one that makes no sense is refused: %j', async (environment: Environment, reason) => {
    const newswire = await startNewswire();
    const { code, output } = await loadTest({ BASE_URL: newswire.url, ...environment });
    expect(output).toContain(reason);
    expect(code).not.toBe(0);
  });
});
