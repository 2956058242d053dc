import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  freePort,
  missingPrograms,
  NewswireProcess,
  ROOT,
  SeedClient,
  subscribed,
} from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const missing = missingPrograms('make');

describe.skipIf(missing.length > 0)('make publish', () => {
  let newswire: NewswireProcess;
  let client: SeedClient;
  beforeAll(async () => {
    newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
    client = await SeedClient.open(newswire.webSocketUrl);
    client.send('sub#77707|other');
    await subscribed(newswire.url, '77707', 1);
  });
  afterAll(() => newswire.stop());

  /** DOCKER_HOST points nowhere: a Compose stack that happens to run here is not what is tested. */
  function make(args: string[], env: Record<string, string> = {}) {
    const environment = {
      ...process.env,
      NEWSWIRE_PORT: String(newswire.port),
      DOCKER_HOST: 'unix:///nowhere',
      ...env,
    };
    return run('make', ['--no-print-directory', ...args], { cwd: ROOT, env: environment });
  }

  const MESSAGES = [
    'Hello',
    `it costs $5 and $HOME, $(date) and \`date\` and $$ too`,
    `"double" and 'single' quotes, a \\ backslash and a \\n that is none`,
    'two\nlines, a tab\tand emoji 😀🎉',
    '# no comment; no & command | no pipe > no file * no glob ~',
    '-n --json $(error no make function) %s %d',
    'trailing: = := ?= $(value MSG) {"json":"stays text"}',
  ];

  test.each(MESSAGES)('MSG=%j arrives as it was typed', async (message) => {
    client.frames.length = 0;
    const { stdout } = await make(['publish', `MSG=${message}`]);
    expect(stdout).toMatch(/^published to 77707: offset \d+, epoch \S+\n$/);
    expect(await client.received(1)).toEqual([message]);
  });

  test('MSG and CHANNEL may come from the environment', async () => {
    client.frames.length = 0;
    await make(['publish'], { MSG: '  spaces around $HOME ', CHANNEL: 'other' });
    expect(await client.received(1)).toEqual(['  spaces around $HOME ']);
  });

  test('without MSG it says so', async () => {
    await expect(make(['publish'])).rejects.toMatchObject({
      stderr: expect.stringContaining("MSG is missing or empty: make publish MSG='Hello'"),
    });
  });

  test('where nothing runs it says so', async () => {
    const port = String(await freePort());
    await expect(make(['publish', 'MSG=x'], { NEWSWIRE_PORT: port })).rejects.toMatchObject({
      stderr: expect.stringContaining(
        `not published: no process listens at 127.0.0.1:${port}: start newswire with make start or make up`,
      ),
    });
  });

  test('simulate publishes made-up headlines', async () => {
    client.frames.length = 0;
    const { stdout } = await make(['simulate', 'RATE=200', 'COUNT=10', 'CHANNELS=77707,other']);
    expect(stdout).toContain('published 10, failed 0');
    for (const headline of await client.received(10)) expect(headline).toMatch(/^[A-Z].+: .+ .+/);
  });

  test('make alone lists the targets', async () => {
    const { stdout } = await make([]);
    const targets = stdout.match(/make \w+/g);
    for (const target of [
      'start',
      'up',
      'down',
      'publish',
      'subscribe',
      'simulate',
      'loadtest',
    ].concat(['test', 'check', 'logs'])) {
      expect(targets).toContain(`make ${target}`);
    }
  });
});
