import { readFileSync } from 'node:fs';
import {
  callApi,
  NewswireProcess,
  publish,
  ROOT,
  SeedClient,
  subscribed,
  TestProcess,
  until,
} from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const COMMANDS = [
  'publish',
  'subscribe',
  'simulate',
  'channels',
  'history',
  'presence',
  'token',
  'completion',
] as const;

const manifest = readFileSync(`${ROOT}package.json`, 'utf8');
const { version: VERSION } = JSON.parse(manifest) as { version: string };

describe('the newswire command', () => {
  let newswire: NewswireProcess;
  beforeAll(async () => {
    newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
  });
  afterAll(() => newswire.stop());

  function spawn(...args: string[]): TestProcess {
    const env = { ...process.env, NEWSWIRE_URL: newswire.url };
    return new TestProcess(process.execPath, [`${ROOT}packages/cli/bin/newswire.js`, ...args], env);
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

  test.each<readonly [args: readonly string[], code: number, text: string]>([
    [[], 0, 'newswire publish CHANNEL MSG'],
    [['help'], 0, 'newswire publish CHANNEL MSG'],
    [['--version'], 0, `${VERSION}\n`],
    [['help', 'history'], 0, 'newswire history CHANNEL'],
    [['--version', 'x'], 2, 'unknown command "--version"'],
    ...COMMANDS.flatMap((name) =>
      ['--help', '-h'].map((flag) => [[name, flag], 0, `newswire ${name}`] as const),
    ),
    [['publish', 'a', 'b', '--help'], 0, 'newswire publish CHANNEL MSG'],
    ...COMMANDS.map((name) => [[name, '--loud'], 2, "Unknown option '--loud'"] as const),
    [['toString'], 2, 'unknown command "toString"'],
    [['pubish'], 2, 'unknown command "pubish"\n(Did you mean publish?)'],
    [['completion', 'csh'], 2, 'completion needs one of bash|zsh|fish'],
    [['publish'], 2, 'publish needs a CHANNEL and a MSG'],
    [['publish', 'a'], 2, 'MSG for a is missing or empty'],
    [['publish', 'a', 'two', 'words'], 2, 'publish accepts one MSG: put quotes around it'],
    [['publish', 'a', 'no', '--loud'], 2, "Unknown option '--loud'"],
    [['publish', 'a', '{', '--json'], 2, 'MSG is not valid JSON'],
    [['publish', 'a b', 'text'], 2, 'channel name "a b" has a character other than'],
    [['subscribe'], 2, 'subscribe needs at least one CHANNEL'],
    [['history'], 2, 'history needs one CHANNEL'],
    [['history', 'a', '--limit', '0'], 2, '--limit must be 1 or more'],
    [['presence', 'a', 'b'], 2, 'presence needs one CHANNEL'],
    [['presence', 'a'], 1, 'no answer: not available: presence is off in this namespace'],
    [['channels', 'a', 'b'], 2, 'channels accepts one PATTERN: put quotes around it'],
    [['channels', '['], 1, 'no answer: bad request: pattern: a bracket is not closed'],
    [
      ['simulate', '--rate', 'fast'],
      2,
      '--rate must be publications per second, above 0 and up to 10000',
    ],
    [['simulate', '--count', '0'], 2, '--count must be 1 or more'],
  ])('%j exits with %i and says %j', async (args, code, text) => {
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).toContain(text);
  });

  test('wrong usage is said on standard error, with the usage of that command alone', async () => {
    const { code, stdout, stderr } = await run('history');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('newswire history CHANNEL [--limit N]');
    expect(stderr).not.toContain('newswire publish');
  });

  test('after -- a message may look like an option', async () => {
    const { code, stdout } = await run('publish', 'options', '--', '--help');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^published to options: offset 1/)]);
  });

  test('--help needs no sound settings', async () => {
    const env = { ...process.env, NEWSWIRE_URL: 'nonsense' };
    const script = `${ROOT}packages/cli/bin/newswire.js`;
    const command = new TestProcess(process.execPath, [script, 'publish', '--help'], env);
    expect((await command.exited).code).toBe(0);
  });

  test('history prints what was published last, in its order', async () => {
    for (const data of ['one', 2, { three: [3] }]) await publish(newswire.url, 'log', data);
    const { code, stdout } = await run('history', 'log', '--limit', '2');
    expect([code, stdout]).toEqual([0, '2\t2\n3\t{"three":[3]}\n']);
  });

  test('publish and history hand JSON on as it is written', async () => {
    const written = '{"id":1147953659032899584, "score":1.50}';
    expect((await run('publish', 'digits', written, '--json')).code).toBe(0);
    expect((await run('history', 'digits')).stdout).toBe(`1\t${written}\n`);
  });

  test('channels prints channels and their subscribers', async () => {
    const client = await SeedClient.open(newswire.webSocketUrl);
    client.send('sub#heard:1|heard:2');
    await subscribed(newswire.url, 'heard:2', 1);
    const { code, stdout } = await run('channels', '*:2');
    expect([code, stdout]).toEqual([0, 'heard:2\t1\n']);
    client.close();
  });

  test('a refusal is reported unchanged, and not retried', async () => {
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

  test('the reader of the output may close it', async () => {
    const command = `"${process.execPath}" ${ROOT}packages/cli/bin/newswire.js subscribe pipe | head -1`;
    const env = { ...process.env, NEWSWIRE_URL: newswire.url };
    const shell = new TestProcess('sh', ['-c', command], env);
    await subscribed(newswire.url, 'pipe', 1);
    await publish(newswire.url, 'pipe', 'one');
    await until('head', () => shell.stdout === 'one\n');
    await publish(newswire.url, 'pipe', 'two');
    expect((await shell.exited).code).toBe(0);
    expect(shell.stderr).not.toContain('EPIPE');
  });

  test('subscribe ends if newswire requires a token', async () => {
    const closed = await NewswireProcess.start('standalone', { NEWSWIRE_ANONYMOUS: 'off' });
    const env = { ...process.env, NEWSWIRE_URL: closed.url };
    const script = `${ROOT}packages/cli/bin/newswire.js`;
    const command = new TestProcess(process.execPath, [script, 'subscribe', 'a'], env);
    const { code } = await command.exited;
    await closed.stop();
    expect([code, command.stdout]).toEqual([1, 'error#101#unauthorized: a token is required\n']);
    expect(command.stderr).toMatch(/\nrefused \(3507 permission denied\)\n$/);
  });

  describe('subscribe with a token', () => {
    const settings = {
      NEWSWIRE_TOKEN_HMAC_SECRET: 'a secret of at least 32 characters',
      NEWSWIRE_DRAIN_MS: '0',
    };
    let closed: NewswireProcess;
    beforeAll(async () => {
      closed = await NewswireProcess.start('standalone', settings);
    });
    afterAll(() => closed.stop('SIGKILL'));

    function newswireCommand(args: string[], environment: Record<string, string> = {}) {
      const env = { ...process.env, ...settings, NEWSWIRE_URL: closed.url, ...environment };
      const script = `${ROOT}packages/cli/bin/newswire.js`;
      return new TestProcess(process.execPath, [script, ...args], env);
    }

    async function token(...args: string[]): Promise<string> {
      const command = newswireCommand(['token', '--user', 'ann', ...args]);
      await command.exited;
      return command.stdout.trim();
    }

    test.each(['--token', 'NEWSWIRE_TOKEN'])('by %s listens, and misses nothing', async (way) => {
      const secret = await token();
      const channel = `c${way.length}`;
      const command =
        way === '--token'
          ? newswireCommand(['subscribe', channel, 'other', '--token', secret])
          : newswireCommand(['subscribe', channel, 'other'], { NEWSWIRE_TOKEN: secret });
      await subscribed(closed.url, channel, 1);
      await publish(closed.url, channel, 'two\nlines \u2028 and');
      await publish(closed.url, channel, [1.5]);
      await until('both', () => command.stdout === 'two\nlines \u2028 and\n[1.5]\n');
      await callApi(closed.url, 'disconnect', { user: 'ann', disconnect: { code: 3000 } });
      await until('the cut', () => command.stderr.includes(', reconnecting'));
      await publish(closed.url, channel, 'meanwhile');
      await until('the third', () => command.stdout.endsWith('\nmeanwhile\n'));
      expect(command.stderr).not.toContain(secret);
      await command.stop('SIGINT');
    });

    test('ends where that is not good, and does not show it', async () => {
      const other = { NEWSWIRE_TOKEN_HMAC_SECRET: 'another secret of 32 characters or more' };
      const forged = newswireCommand(['token', '--user', 'ann'], other);
      await forged.exited;
      const secret = forged.stdout.trim();
      const command = newswireCommand(['subscribe', 'a', '--token', secret]);
      expect((await command.exited).code).toBe(1);
      expect(command.stderr).toMatch(/^refused \(.+\)\n$/);
      expect(command.stdout + command.stderr).not.toContain(secret);
    });

    test('shows why it cannot listen yet, and goes on trying', async () => {
      const full = await NewswireProcess.start('standalone', {
        ...settings,
        NEWSWIRE_ANONYMOUS: 'on',
        NEWSWIRE_MAX_CONNECTIONS: '1',
      });
      const other = await SeedClient.open(full.webSocketUrl);
      const environment = { NEWSWIRE_URL: full.url, NEWSWIRE_TOKEN: await token() };
      const command = newswireCommand(['subscribe', 'a'], environment);
      const line = 'cannot connect (internal error: this edge is full), reconnecting\n';
      await until('two attempts', () => command.stderr.startsWith(line + line));
      other.close();
      await until('a place', () => command.stderr.includes('subscribed to a'));
      expect(command.stdout).toBe('');
      await command.stop('SIGINT');
      await full.stop('SIGKILL');
    });

    test.each([
      [['--token', 'hunter 2'], {}, /^newswire: --token is not a token/],
      [[], { NEWSWIRE_TOKEN: 'hunter 2' }, /^NEWSWIRE_TOKEN must be a token\.\n$/],
    ])('%j %j exits with 2', async (args, environment, text) => {
      const command = newswireCommand(['subscribe', 'a', ...args], environment);
      expect((await command.exited).code).toBe(2);
      expect(command.stderr).toMatch(text);
      expect(command.stderr).not.toContain('hunter');
    });
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
    expect(command.stderr).toContain('cut off (3001 shutdown), reconnecting');
    await command.stop('SIGINT');
  });
});
