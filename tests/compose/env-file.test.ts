import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigError, readEnvironment } from '@newswire/runtime';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'newswire-env-file-'));
const file = join(folder, '.env');
afterAll(() => rmSync(folder, { recursive: true }));

type Values = Readonly<Record<string, string | undefined>>;

/** What newswire reads. Undefined: it refuses the file. */
function byNewswire(text: string | Buffer): Values | undefined {
  writeFileSync(file, text);
  try {
    return readEnvironment(file, {});
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** What Compose hands to a container, by `env_file` and by `${NAME}`. Rejects if it refuses the file. */
async function byCompose(text: string | Buffer, names: readonly string[]) {
  writeFileSync(file, text);
  const environment = names.map((name) => [`INTERPOLATED_${name}`, `\${${name}}`]);
  const service = {
    image: 'none',
    env_file: ['.env'],
    environment: Object.fromEntries(environment) as Values,
  };
  const composeFile = join(folder, 'compose.json');
  writeFileSync(composeFile, JSON.stringify({ services: { service } }));
  const args = ['compose', '-f', composeFile, 'config', '--format', 'json'];
  const { stdout } = await run('docker', args, { env: { PATH: process.env['PATH'] } });
  const config = JSON.parse(stdout) as { services: { service: { environment: Values } } };
  // `docker compose config` writes a dollar sign as two, so that its output can be read again.
  return new Map(
    Object.entries(config.services.service.environment).map(([name, value]) => [
      name,
      value?.replaceAll('$$', '$'),
    ]),
  );
}

/** Spellings of values that both have to read alike. */
const ALIKE = [
  'abc',
  ' abc ',
  '',
  'a b\tc',
  'abc #tail',
  'abc \t #tail',
  'a=b==',
  `it's "quoted" \`inside\``,
  'a\\nb\\\\c\\',
  `a,b;c|d&e*f?g~h!i@j%41^l(m)n[o]p{q}r<s>t/u:v+w-x`,
  '{"a":1}',
  'café 😀',
  '~/file',
  'abc\r',
  `'abc#tail $x \${x} $$ "b" \`c\` \\n \\\\ é'`,
  `' abc ' # it's a comment`,
  `'abc'# comment`,
  `''`,
  `"abc#tail 'b' \\n \\r é" # comment "`,
  '""',
  `'-----BEGIN PUBLIC KEY-----\nabc=\n# no comment\nNAME=1\n-----END PUBLIC KEY-----'`,
  `"a\n\n'b'\n"`,
];

/** Spellings that the two parsers read differently, or that one of them does not take. */
const AMBIGUOUS = [
  'abc#tail',
  '#tail',
  ' #tail',
  'abc\t#tail',
  'abc$x',
  'abc${x}',
  'a$$b',
  'abc$NEWSWIRE_OTHER',
  '"abc$x"',
  '"a\\tb"',
  '"a\\\\b"',
  '"a\\"b"',
  "'a\\'b'",
  "'a\\'",
  '`abc`',
  "'abc'tail",
  "'abc' tail",
  "'a''b'",
  "'abc",
  '"abc',
  "'a\r\nb'",
  'a\rb',
  'a\u0085',
  '\ufeffa',
];

describe('newswire and Compose read one .env', () => {
  test('spellings that are accepted have one value', async () => {
    const names = ALIKE.map((_, i) => `NAME_${i}`);
    const text = ALIKE.map((value, i) => `NAME_${i}=${value}\n`).join('');
    const ours = byNewswire(text);
    const theirs = await byCompose(text, names);
    for (const [i, name] of names.entries()) {
      expect([ALIKE[i], ours?.[name]]).toEqual([ALIKE[i], theirs.get(name)]);
      expect(theirs.get(`INTERPOLATED_${name}`)).toBe(theirs.get(name));
    }
    expect(ours?.[names.at(-1) ?? '']).toBe("a\n\n'b'\n");
  });

  test.each(AMBIGUOUS)('NAME=%j is refused', (value) => {
    expect(byNewswire(`NAME=${value}\nEND=1\n`)).toBeUndefined();
  });

  test('a line between others is read alike', async () => {
    const text = '\ufeff\n# "comment\nexport A=1\r\n\tB = \'2\'\n  \nC="3"\n#D=4\nE=5';
    expect(byNewswire(text)).toEqual({ A: '1', B: '2', C: '3', E: '5' });
    const theirs = await byCompose(text, []);
    expect(Object.fromEntries(theirs)).toEqual({ A: '1', B: '2', C: '3', E: '5' });
  });

  test('any value that is accepted is the same in both', async () => {
    const unit = fc.constantFrom(...`ab1 \t#$'"\`\\\\n{}=:\n\ré\u00a0\u0085\u2028`.split(''));
    const value = fc.string({ unit, maxLength: 8 });
    const quoted = fc
      .tuple(fc.constantFrom("'", '"', '`'), value, value)
      .map(([quote, inside, behind]) => `${quote}${inside}${quote}${behind}`);
    const samples = fc.sample(fc.oneof(value, quoted), { numRuns: 5000, seed: 18 });
    const accepted = [...new Set(samples)].filter(
      (sample) => byNewswire(`A=1\nNAME=${sample}\nB=1\n`) !== undefined,
    );
    expect(accepted.length).toBeGreaterThan(300);
    const text = accepted.map((sample, i) => `NAME_${i}=${sample}\n`).join('');
    const ours = byNewswire(text) ?? {};
    const theirs = await byCompose(text, []);
    const differences = accepted.filter((_, i) => {
      const name = `NAME_${i}`;
      return ours[name] === undefined || ours[name] !== theirs.get(name);
    });
    expect(differences).toEqual([]);
    expect(theirs.size).toBe(Object.keys(ours).length);
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffNAME=1\n', 'utf16le')],
    ['big-endian UTF-16', Buffer.from('\ufeffNAME=1\n', 'utf16le').swap16()],
    ['UTF-16 without a byte order mark', Buffer.from('NAME=1\n', 'utf16le')],
  ])('%s is refused by both', async (_, text) => {
    expect(byNewswire(text)).toBeUndefined();
    await expect(byCompose(text, ['NAME'])).rejects.toThrow('unexpected character');
  });
});
