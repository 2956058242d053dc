import { readFile } from 'node:fs/promises';
import { ROOT, TestProcess, until } from '@newswire/testkit';
import { expect, test } from 'vitest';
import { canBuild } from '../../test/generator.js';

const LIMIT_MS = 60_000;
const start = (...args: string[]) =>
  new TestProcess(
    process.execPath,
    [`${ROOT}load-tests/compare/dist/main.js`, ...args],
    process.env,
  );

async function listChildren(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a bad option gets a sentence and exit code 2', async () => {
  const command = start('--only', 'soketi');
  expect(await command.exited).toMatchObject({ code: 2 });
  expect(command.stderr).toMatch(
    /^compare: --only does not know soketi; there are newswire, .+\n$/,
  );
});

test.skipIf(!canBuild)(
  'an interrupted comparison takes its servers along',
  async () => {
    const command = start('--short', '--only', 'newswire', '--work', 'windows', '--seconds', '30');
    await until('the load', () => command.stderr.includes('windows'), LIMIT_MS);
    const children = await until(
      'server and generator',
      async () => {
        const pids = await listChildren(command.pid);
        return pids.length === 2 ? pids : undefined;
      },
      LIMIT_MS,
    );
    expect(children.map(isThere)).toEqual([true, true]);
    expect(await command.stop('SIGINT')).toMatchObject({ code: 130 });
    await until('the end of both', () => !children.some(isThere));
  },
  LIMIT_MS,
);
