import { NewswireProcess, publish, ROOT, subscribed, TestProcess, until } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

describe('the newswire command', () => {
  let newswire: NewswireProcess;
  beforeAll(async () => {
    newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
  });
  afterAll(() => newswire.stop());

  function spawn(...args: string[]): TestProcess {
    const env = { ...process.env, NEWSWIRE_URL: newswire.url };
    return new TestProcess(
      process.execPath,
      [`${ROOT}services/center/bin/newswire.js`, ...args],
      env,
    );
  }

  async function run(...args: string[]) {
    const command = spawn(...args);
    const { code } = await command.exited;
    return { code, stdout: command.stdout, stderr: command.stderr };
  }

  test('publish says where the item stands', async () => {
    const { code, stdout } = await run('publish', 'sports:1', 'a text');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^published to sports:1: offset 1, epoch \S+\n$/),
    ]);
  });

  test.each([
    [[], 0, 'newswire publish CHANNEL MSG'],
    [['help'], 0, 'newswire publish CHANNEL MSG'],
    [['pubish'], 2, 'there is no command "pubish"'],
    [['publish'], 2, 'publish needs a CHANNEL and a MSG'],
    [['publish', 'a'], 2, 'there is no message for a'],
    [['publish', 'a', 'two', 'words'], 2, 'publish takes one MSG: put quotes around it'],
    [['publish', 'a', 'no', '--loud'], 2, "Unknown option '--loud'"],
    [['publish', 'a', '{', '--json'], 2, 'MSG is not valid JSON'],
    [['publish', 'a b', 'text'], 2, 'channel name "a b" has a character other than'],
    [['subscribe'], 2, 'subscribe needs at least one CHANNEL'],
    [['simulate', '--rate', 'fast'], 2, '--rate is items a second, above 0 and up to 10000'],
    [['simulate', '--count', '0'], 2, '--count is a number of items, 1 or more'],
  ])('%j exits with %i and says %j', async (args, code, text) => {
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).toContain(text);
  });

  test('a refusal is told as it is, and not tried again', async () => {
    const { code, stderr } = await run('publish', 'a', 'x'.repeat(70_000));
    expect(code).toBe(1);
    expect(stderr).toBe(
      'not published: limit exceeded: data has 70002 bytes as JSON, 65536 are allowed\n',
    );
  });

  test('publishing is tried again with the same key until newswire is there', async () => {
    const port = String(newswire.port);
    await newswire.stop();
    const command = spawn('publish', 'a', 'patient');
    await until('the command to run', () => command.pid > 0);
    newswire = await NewswireProcess.start('standalone', {
      NEWSWIRE_DRAIN_MS: '0',
      NEWSWIRE_PORT: port,
    });
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(command.stdout).toMatch(/^published to a: offset 1,/);
  });

  test('whoever reads the output may go away', async () => {
    const command = `"${process.execPath}" ${ROOT}services/center/bin/newswire.js subscribe pipe | head -1`;
    const env = { ...process.env, NEWSWIRE_URL: newswire.url };
    const shell = new TestProcess('sh', ['-c', command], env);
    await subscribed(newswire.url, 'pipe', 1);
    await publish(newswire.url, 'pipe', 'one');
    await until('head', () => shell.stdout === 'one\n');
    await publish(newswire.url, 'pipe', 'two');
    expect((await shell.exited).code).toBe(0);
    expect(shell.stderr).not.toContain('EPIPE');
  });

  test('subscribe prints items as they come, and comes back after a restart', async () => {
    const command = spawn('subscribe', 'live', 'more');
    await subscribed(newswire.url, 'more', 1);
    await publish(newswire.url, 'live', 'first');
    await until('the first', () => command.stdout === 'first\n');
    const port = String(newswire.port);
    await newswire.stop();
    newswire = await NewswireProcess.start('standalone', {
      NEWSWIRE_DRAIN_MS: '0',
      NEWSWIRE_PORT: port,
    });
    await subscribed(newswire.url, 'more', 1);
    await publish(newswire.url, 'more', { second: true });
    await until('the second', () => command.stdout === 'first\n{"second":true}\n');
    expect(command.stderr).toContain('cut off (3001 shutdown): trying again');
    await command.stop('SIGINT');
  });
});
