import { execFile } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { ROOT } from '@newswire/testkit';
import { readVersion } from './contenders/versions.js';
import type { Machine } from './result.js';

const run = promisify(execFile);
const BYTES_PER_MIB = 1024 * 1024;

const PROGRAMS = {
  Redis: ['redis-server', '--version'],
  Nginx: ['nginx', '-v'],
  Go: ['go', 'version'],
  'C compiler': ['cc', '--version'],
} as const;

/** Of the programs that are installed. */
async function readVersions(): Promise<Record<string, string>> {
  const entries = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, command]) => {
      const version = await readVersion(name, command).catch(() => '');
      return [name, version.slice(name.length).trim()] as const;
    }),
  );
  const installed = entries.filter(([, version]) => version !== '');
  return { Node: process.versions.node, ...Object.fromEntries(installed) };
}

async function readCommit(): Promise<string> {
  const git = async (...args: string[]) => (await run('git', ['-C', ROOT, ...args])).stdout.trim();
  try {
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return `${await git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

/** The machine of the comparison, as it begins. */
export async function describeMachine(command: string): Promise<Machine> {
  return {
    startedAt: new Date().toISOString(),
    minutes: 0,
    commit: await readCommit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMib: Math.round(totalmem() / BYTES_PER_MIB),
    kernel: release(),
    versions: await readVersions(),
    command,
  };
}
