import { createSecretKey } from 'node:crypto';
import { ROOT, TestProcess } from '@newswire/testkit';
import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';

const SECRET = 'a secret of at least 32 characters';
const SETTINGS = { NEWSWIRE_TOKEN_HMAC_SECRET: SECRET };

async function run(args: readonly string[], settings: Record<string, string> = SETTINGS) {
  const command = new TestProcess(
    process.execPath,
    [`${ROOT}packages/cli/bin/newswire.js`, 'token', ...args],
    { ...process.env, ...settings },
  );
  const { code } = await command.exited;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

async function decodeClaims(stdout: string) {
  const token = /^(\S+)\n$/.exec(stdout)?.[1] ?? '';
  const { payload } = await jwtVerify(token, createSecretKey(SECRET, 'utf8'), {
    algorithms: ['HS256'],
  });
  const { iat = 0, exp, ...claims } = payload;
  return { ...claims, ...(exp !== undefined && { lastsS: exp - iat }) };
}

describe('newswire token', () => {
  test.each([
    [[], {}, { sub: '', lastsS: 3600 }],
    [
      ['--user', 'ann', '--expires-in', '60', '--info', '{"name":"Ann"}'],
      {},
      { sub: 'ann', lastsS: 60, info: { name: 'Ann' } },
    ],
    [
      ['--user=ann', '--channel=sports:1', '--expires-in=0'],
      { NEWSWIRE_TOKEN_AUDIENCE: 'a', NEWSWIRE_TOKEN_ISSUER: 'i' },
      { sub: 'ann', channel: 'sports:1', aud: 'a', iss: 'i' },
    ],
    [['--channel=sports:*'], {}, { sub: '', channel: 'sports:*', lastsS: 3600 }],
  ])('%j prints a token and nothing else', async (args, settings, expected) => {
    const { code, stdout, stderr } = await run(args, { ...SETTINGS, ...settings });
    expect([code, stderr]).toEqual([0, '']);
    expect(await decodeClaims(stdout)).toEqual(expected);
  });

  test('--info goes into the token as it is written', async () => {
    const { stdout } = await run(['--info', '{"id":1147953659032899584,\n"score":1.50}']);
    const claims = Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString();
    expect(claims).toContain(',"info":{"id":1147953659032899584, "score":1.50}}');
  });

  test('without a secret it says what is missing', async () => {
    expect(await run(['--user', 'ann'], { NEWSWIRE_TOKEN_HMAC_SECRET: '' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'NEWSWIRE_TOKEN_HMAC_SECRET is not set: set it here and for the edges\n',
    });
  });

  test.each([
    [['--info', '{'], '--info is not valid JSON'],
    [['--expires-in', 'soon'], '--expires-in must be seconds'],
    [['--expires-in', '-1'], '--expires-in must be seconds'],
    [['--expires-in', '9999999999'], '--expires-in must be seconds'],
    [['--channel', 'a b'], 'channel name "a b" has a character other than'],
    [['ann'], "Unexpected argument 'ann'"],
  ])('%j exits with 2 and says %j', async (args, text) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain(SECRET);
  });

  test('a secret that is too short is not shown', async () => {
    const { code, stderr } = await run([], { NEWSWIRE_TOKEN_HMAC_SECRET: 'hunter2' });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^NEWSWIRE_TOKEN_HMAC_SECRET must be a secret of at least 32 characters/,
    );
    expect(stderr).not.toContain('hunter2');
  });
});
