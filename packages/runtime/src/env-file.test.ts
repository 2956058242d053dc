import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig, readEnvironment } from './index.js';

const FILE = join(mkdtempSync(join(tmpdir(), 'newswire-env-')), '.env');

function read(content: string | Buffer) {
  rmSync(FILE, { force: true });
  writeFileSync(FILE, content);
  return readEnvironment(FILE, {});
}

function fault(start: () => unknown): string {
  try {
    start();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(FILE, '.env');
    throw error;
  }
  return 'accepted';
}

const SECRET = 'NEWSWIRE_TOKEN_HMAC_SECRET=0123456789abcdef0123456789abcdef\n';

describe('a .env that is not UTF-8 text stops the start', () => {
  const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();
  test.each([
    ['UTF-16, from PowerShell', Buffer.from(`\ufeff${SECRET}`, 'utf16le')],
    ['UTF-16, big-endian', bigEndian(`\ufeff${SECRET}`)],
  ])('%s', (_, content) => {
    expect(fault(() => read(content))).toBe(
      '.env is not UTF-8 text: it is UTF-16, which PowerShell writes by default. Save it as UTF-8.',
    );
  });

  test.each([
    ['UTF-16 without a byte order mark', Buffer.from(SECRET, 'utf16le'), 1],
    ['big-endian UTF-16 without one', bigEndian(SECRET), 1],
    ['a NUL byte', Buffer.from(`A=1\n${SECRET}B=\0\n`), 3],
  ])('%s', (_, content, line) => {
    expect(fault(() => read(content))).toBe(
      `.env is not UTF-8 text: there is a NUL byte in line ${line}, as in UTF-16. Save it as UTF-8.`,
    );
  });

  test('Latin-1', () => {
    const content = Buffer.concat([Buffer.from(`# é\n${SECRET}`), Buffer.from('A=é', 'latin1')]);
    expect(fault(() => read(content))).toBe(
      '.env is not UTF-8 text: there is another encoding in line 3. Save it as UTF-8.',
    );
  });

  test('but a byte order mark of UTF-8 is no part of the first name', () => {
    expect(read(`\ufeffNAME=Zoë 😀\n`)).toEqual({ NAME: 'Zoë 😀' });
  });
});

test('a .env that is a directory stops the start', () => {
  rmSync(FILE, { force: true });
  mkdirSync(FILE);
  expect(fault(() => readEnvironment(FILE, {}))).toMatch(/^\.env cannot be read: EISDIR/);
  rmSync(FILE, { recursive: true });
});

describe('each line is understood', () => {
  test.each([
    ['NAME=a b', 'a b'],
    ['  export NAME = a # comment', 'a'],
    ['NAME=', ''],
    [`NAME='a#b $x "c" \\n'`, 'a#b $x "c" \\n'],
    [`NAME="it's #1\\n" # comment`, "it's #1\n"],
    [`NAME='-----BEGIN\nabc=\n-----END'`, '-----BEGIN\nabc=\n-----END'],
    ['# comment: "\n\n \t\nNAME=a=b\r\n#', 'a=b'],
  ])('%j', (line, value) => {
    expect(read(line)).toEqual({ NAME: value });
  });

  test.each([
    'NAME',
    'NEWSWIRE_API_KEY: hunter2hunter2',
    'hunter2',
    '1NAME=hunter2',
    'A-B=hunter2',
    'A.B=hunter2',
    'A B=hunter2',
    'exportA=hunter2',
    '=hunter2',
    `# a\u2028NAME=hunter2`,
    'A=1\rB=hunter2',
  ])('%j is refused', (line) => {
    const sentence = fault(() => read(`A0=1\n${line}\nB0=2`));
    expect(sentence).toMatch(/^\.env, line 2( is not valid: |: Docker Compose would read)/);
    expect(sentence).not.toContain('hunter2');
  });

  test.each([
    'hunter2#tail',
    '#hunter2',
    ' # comment',
    'hunter2\t# comment',
    'hunter2$x',
    '"hunter2$x"',
    '"hunter2\\t"',
    '"hunter2\\\\"',
    '"hunter2\\""',
    "'hunter2\\'",
    '`hunter2`',
    "'hunter2'tail",
    "'hunter2' 'tail'",
    "'hunter2",
    '"hunter2',
    'hunter2\u0001',
    'hunter2\u00a0x',
    "'hunter2\r\nx'",
  ])('NEWSWIRE_API_KEY=%s is refused, and its value is not shown', (value) => {
    const sentence = fault(() => read(`A=1\n\nNEWSWIRE_API_KEY=${value}\n`));
    expect(sentence).toBe(
      '.env, line 3, NEWSWIRE_API_KEY: Docker Compose would read another value than newswire. ' +
        'Put the value in single quotes, or in double quotes if it contains a single quote.',
    );
  });

  test('a name that is set again is refused', () => {
    const first = "A='\n'\nNEWSWIRE_API_KEY=0123456789abcdef\n";
    expect(fault(() => read(`${first}NEWSWIRE_API_KEY=\n`))).toBe(
      '.env, line 4, NEWSWIRE_API_KEY: line 3 sets it as well.',
    );
    expect(fault(() => read('A=1\nA=1\n'))).toBe('.env, line 2: line 1 sets it as well.');
  });

  test('a name that no record can hold is refused', () => {
    expect(fault(() => read('__proto__=1\n'))).toBe(
      '.env, line 1: a variable cannot have this name.',
    );
    expect(read('constructor=1\n')).toEqual({ constructor: '1' });
  });
});

describe('an empty value does not open what a setting closes', () => {
  const load = (content: string, environment: Record<string, string>) => () => {
    writeFileSync(FILE, content);
    return loadConfig(
      ['apiKey', 'tokenHmacSecret', 'tokenIssuer', 'anonymous', 'channelsFile', 'bind'],
      readEnvironment(FILE, environment),
    );
  };
  const sentence = (name: string) =>
    `${name} is empty: give it a value, or remove it. ` +
    'If its value in .env contains a $, put it in single quotes.';

  test.each([
    'NEWSWIRE_API_KEY',
    'NEWSWIRE_TOKEN_HMAC_SECRET',
    'NEWSWIRE_TOKEN_ISSUER',
    'NEWSWIRE_ANONYMOUS',
    'NEWSWIRE_CHANNELS_FILE',
  ])('%s', (name) => {
    expect(fault(load('', { [name]: '' }))).toBe(sentence(name));
    expect(fault(load(`${name}=\n`, {}))).toBe(sentence(name));
  });

  test('but one that closes nothing is unset, and a value in .env counts', () => {
    expect(load('', { NEWSWIRE_BIND: '' })()).toMatchObject({ bind: '127.0.0.1' });
    const tokenHmacSecret = '0123456789abcdef0123456789abcdef';
    expect(load(SECRET, { NEWSWIRE_TOKEN_HMAC_SECRET: '' })()).toMatchObject({
      tokenHmacSecret,
    });
  });
});
