import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  freePort,
  missingPrograms,
  NewswireProcess,
  ROOT,
  subscribed,
  TestProcess,
  until,
} from '@newswire/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from '../clients/chromium.js';
import { hasPython, PYTHON } from '../clients/python-client.js';

const run = promisify(execFile);

/** The first build also downloads the libraries. */
const BUILD_LIMIT_MS = 240_000;

describe.skipIf(missingPrograms('curl').length > 0)('examples (need curl)', () => {
  let newswire: NewswireProcess;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    newswire = await NewswireProcess.start('standalone', {
      NEWSWIRE_DRAIN_MS: '0',
      NEWSWIRE_PUSHER_APPS: `${ROOT}examples/pusher-apps.json`,
    });
    environment = { ...process.env, NEWSWIRE_URL: newswire.url, NEWSWIRE_API_KEY: '' };
  });
  afterAll(() => newswire.stop());

  async function publish(...args: string[]): Promise<unknown> {
    const { stdout } = await run(`${ROOT}examples/publish.sh`, args, { env: environment });
    return JSON.parse(stdout);
  }

  describe.skipIf(CHROMIUM === undefined)('in Chromium', () => {
    let chromium: Browser;
    let website: TestProcess;
    let url: string;

    beforeAll(async () => {
      const port = String(await freePort());
      const serve = [`${ROOT}examples/serve.mjs`];
      website = new TestProcess(process.execPath, serve, { ...environment, PORT: port });
      await until('the website', () => website.stdout.includes(port));
      url = `http://localhost:${port}`;
      chromium = await startChromium();
    });
    afterAll(async () => {
      await chromium.close();
      await website.stop();
    });

    test('centrifuge.html shows what publish.sh publishes', async () => {
      const page = await chromium.newPage();
      await page.goto(url);
      await page.waitForFunction("document.querySelector('#state').value === 'subscribed'");
      await publish('Goal! <b>"1:0"</b> \\ é 😀');
      await publish('Final\nwhistle');
      await page.waitForFunction("document.querySelectorAll('li').length === 2");
      expect(await page.locator('li').allTextContents()).toEqual([
        'Goal! <b>"1:0"</b> \\ é 😀',
        'Final\nwhistle',
      ]);
    });

    test.each(['pusher', 'echo'])(
      '%s.html shows what pusher-publish.mjs publishes',
      async (name) => {
        const page = await chromium.newPage();
        await page.goto(`${url}/${name}`);
        await page.waitForFunction("document.querySelector('#state').value === 'subscribed'");
        const program = `${ROOT}examples/pusher-publish.mjs`;
        for (const score of ['1:0', '1:1 <b>']) {
          const args = [program, 'matches', 'goal', JSON.stringify({ score })];
          const { stdout } = await run(process.execPath, args, { env: environment });
          expect(stdout).toBe('200 {}\n');
        }
        await page.waitForFunction("document.querySelectorAll('li').length === 2");
        expect(await page.locator('li').allTextContents()).toEqual(['1:0', '1:1 <b>']);
      },
    );

    test('events.html shows the news of two channels', async () => {
      const page = await chromium.newPage();
      await page.goto(`${url}/events`);
      await subscribed(newswire.url, '77708', 1);
      await publish('Kick-off', '77707');
      await publish('Half-time', '77708');
      await page.waitForFunction("document.querySelectorAll('li').length === 2");
      expect(await page.locator('li').allTextContents()).toEqual([
        '77707: Kick-off',
        '77708: Half-time',
      ]);
      await page.close();
    });
  });

  test('publish.sh without a text publishes nothing', async () => {
    await expect(run(`${ROOT}examples/publish.sh`, [], { env: environment })).rejects.toMatchObject(
      {
        stdout: '',
        stderr: expect.stringContaining('publish.sh TEXT [CHANNEL]') as string,
      },
    );
  });

  test('pusher-publish.mjs without arguments says how to use it', async () => {
    const running = run(process.execPath, [`${ROOT}examples/pusher-publish.mjs`]);
    await expect(running).rejects.toMatchObject({
      code: 2,
      stderr: 'pusher-publish.mjs CHANNEL EVENT DATA\n',
    });
  });

  test('events.sh prints what publish.sh publishes', async () => {
    const events = new TestProcess(`${ROOT}examples/events.sh`, ['77710|77711'], environment);
    await subscribed(newswire.url, '77711', 1);
    await publish('Hello', '77711');
    await until('the news', () => events.stdout.endsWith('Hello\n\n'));
    expect(events.stdout).toContain('\nevent: 77711\ndata: Hello\n\n');
    await events.stop();
  });

  test.skipIf(!hasPython)('subscribe.py prints what publish.sh publishes', async () => {
    const address = newswire.webSocketUrl.replace('/ws', '/connection/websocket');
    const args = [`${ROOT}examples/subscribe.py`, address, '77708'];
    const python = new TestProcess(PYTHON, args, environment);
    await until('a subscription', () => python.stdout === 'listening to 77708\n');
    await publish('Hello', '77708');
    await until('the news', () => python.stdout.endsWith('\nHello\n'));
    await python.stop('SIGINT');
    expect(python.stderr).toBe('');
  });

  /** Runs a program until it has printed a publication. Resolves with its standard error. */
  async function listen(command: string, args: readonly string[], channel: string) {
    const address = newswire.webSocketUrl.replace('/ws', '/connection/websocket');
    const program = new TestProcess(command, [...args, address, channel], environment);
    await until('a subscription', () => program.stdout.includes(`listening to ${channel}\n`));
    await publish('Hello', channel);
    await until('the news', () => program.stdout.endsWith(`\n${channel}: "Hello"\n`));
    await program.stop('SIGINT');
    return program.stderr;
  }

  test('protobuf.mjs prints what publish.sh publishes', async () => {
    const args = [`${ROOT}examples/protobuf.mjs`];
    expect(await listen(process.execPath, args, '77714')).toBe('');
  });

  test.skipIf(missingPrograms('go').length > 0)(
    'the Go program prints what publish.sh publishes',
    async () => {
      const binary = join(mkdtempSync(join(tmpdir(), 'newswire-go-')), 'subscribe');
      await run('go', ['-C', `${ROOT}examples/go`, 'build', '-o', binary, '.']);
      expect(await listen(binary, [], '77712')).toBe('');
    },
    BUILD_LIMIT_MS,
  );

  test.skipIf(missingPrograms('mvn', 'java').length > 0)(
    'the Java program prints what publish.sh publishes',
    async () => {
      const folder = `${ROOT}examples/java`;
      const classpath = join(folder, 'target/classpath');
      const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`];
      await run('mvn', ['-q', '-B', '-f', folder, ...goals]);
      const classes = `${join(folder, 'target/classes')}:${readFileSync(classpath, 'utf8')}`;
      expect(await listen('java', ['-cp', classes, 'Subscribe'], '77713')).toBe('');
    },
    BUILD_LIMIT_MS,
  );

  test('publish.sh says what is wrong', async () => {
    await expect(publish('Hello', 'no good')).rejects.toThrow(Error);
    expect(await publish('Hello', 'good')).toMatchObject({ result: { offset: 1 } });
  });
});
