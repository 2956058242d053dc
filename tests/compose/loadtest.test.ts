import { stat } from 'node:fs/promises';
import { missingPrograms, NewswireProcess, ROOT, TestProcess } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import { startFaultyServer } from '../../load-tests/test/faulty-server.js';
import { sh } from './compose.js';

const SMALL = { VUS: '30', RATE: '50', DURATION: '5s' };

async function loadTest(environment: NodeJS.ProcessEnv) {
  const run = new TestProcess(
    `${ROOT}load-tests/run`,
    [],
    { ...process.env, ...environment },
    ROOT,
  );
  const { code } = await run.exited;
  return { code, output: run.stdout + run.stderr };
}

async function imageIsHere(): Promise<boolean> {
  return sh('docker', 'image', 'inspect', 'grafana/k6:1.8.1').then(
    () => true,
    () => false,
  );
}

describe.skipIf(missingPrograms('k6').length > 0)('make loadtest, with k6 on PATH', () => {
  test('passes against the embedded server', async () => {
    const newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
    const { code, output } = await loadTest({ ...SMALL, BASE_URL: newswire.url });
    await newswire.stop();
    expect(output).toMatch(/received +7\d{3}\n +lost +0\n +doubled +0\n +reordered +0/);
    expect(code).toBe(0);
  });

  test('refuses to load anything but loopback', async () => {
    const { code, output } = await loadTest({ ...SMALL, BASE_URL: 'http://192.0.2.1:9900' });
    expect(output).toContain('loopback');
    expect(code).not.toBe(0);
  });

  test.each(['drop', 'double', 'reorder'])(
    'fails on a server with the fault: %s',
    async (fault) => {
      const faulty = await startFaultyServer(fault);
      const url = `http://127.0.0.1:${faulty.port}`;
      const { code, output } = await loadTest({ ...SMALL, BASE_URL: url });
      await faulty.stop();
      expect(output).toContain('Thresholds broken');
      expect(code).toBe(99);
    },
  );
});

test.skipIf(!(await imageIsHere())).each(['fan-out', 'mixed', 'reconnect-storm'])(
  'make loadtest SCENARIO=%s, with k6 in Compose, passes',
  async (SCENARIO) => {
    // Without k6 on PATH, as where nothing but Docker is installed.
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const startedMs = Date.now();
    const compose = { COMPOSE_PROJECT_NAME: 'newswire-test' };
    const { code, output } = await loadTest({ ...SMALL, SCENARIO, ...compose, PATH: path });
    expect(output).toMatch(/lost +0\n +doubled +0\n +reordered +0/);
    expect(code).toBe(0);
    for (const ending of ['json', 'html']) {
      const { uid, mtimeMs } = await stat(`${ROOT}load-tests/results/${SCENARIO}.${ending}`);
      expect(uid).toBe(process.getuid?.());
      expect(mtimeMs).toBeGreaterThan(startedMs);
    }
  },
);
