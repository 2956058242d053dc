import { readFileSync } from 'node:fs';
import { ROOT, TestProcess } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';

const manifest = readFileSync(`${ROOT}package.json`, 'utf8');
const { version } = JSON.parse(manifest) as { version: string };

describe.each(['edge', 'center', 'standalone'])('the %s program', (service) => {
  const usage = `usage: node services/${service}/dist/main.js [--help | --version]`;

  /** Its settings are wrong, so that it ends with 2 and a sentence about them if it starts. */
  async function run(...args: string[]) {
    const env = { ...process.env, NEWSWIRE_BIND: 'nowhere at all' };
    const script = `${ROOT}services/${service}/dist/main.js`;
    const program = new TestProcess(process.execPath, [script, ...args], env);
    const { code } = await program.exited;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  test.each(['--help', '-h'])('%s', async (flag) => {
    const { code, stdout, stderr } = await run(flag);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(usage);
    expect(stdout).toMatch(/^newswire /);
  });

  test('--version', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['--port', '9900'], '"--port"'],
    [['start'], '"start"'],
    [[''], '""'],
    [['--help', '--loud'], '"--loud"'],
  ])('%j is an error', async (args, named) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`unexpected argument ${named}\n${usage}`);
    expect(stderr).not.toContain('NEWSWIRE_BIND');
  });
});
