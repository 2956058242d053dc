import { execFile } from 'node:child_process';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@newswire/testkit';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** A folder with programs of these names, each of which prints a line. */
async function fakePrograms(programs: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'newswire-path-'));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

test.each([
  ['v20.19.0', 'node ran: script.js --x\n'],
  ['v20.20.2', 'node ran: script.js --x\n'],
  ['v22.12.0', 'node ran: script.js --x\n'],
  ['v20.18.3', 'npx ran: --yes --package=node@22 -- node script.js --x\n'],
  ['v22.11.0', 'npx ran: --yes --package=node@22 -- node script.js --x\n'],
  ['v24.3.0', 'npx ran: --yes --package=node@22 -- node script.js --x\n'],
  ['v18.20.0', 'npx ran: --yes --package=node@22 -- node script.js --x\n'],
])("on Node %s, scripts/run-node runs it or npm's node@22", async (version, output) => {
  const folder = await fakePrograms({
    node: `[ "$*" = --version ] && echo ${version} || echo "node ran: $*"`,
    npx: 'echo "npx ran: $*"',
  });
  const env = { ...process.env, PATH: `${folder}:/usr/bin:/bin` };
  const { stdout, stderr } = await run(`${ROOT}scripts/run-node`, ['script.js', '--x'], { env });
  expect(stdout).toBe(output);
  const sentence = `newswire needs Node 20 (20.19 or later) or 22 (22.12 or later), and this is ${version}: running npm's node@22 instead\n`;
  expect(stderr).toBe(output.startsWith('npx') ? sentence : '');
});
