import { execFile } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { ROOT } from '@newswire/testkit';
import { versionOf } from './contenders/versions.js';
import type { Machine } from './result.js';

const run = promisify(execFile);
const BYTES_PER_MIB = 1024 * 1024;

const programs = {
  Redis: ['redis-server', '--version'],
  Nginx: ['nginx', '-v'],
  Go: ['go', 'version'],
  'C compiler': ['cc', '--version'],
} as const;

/** Of the programs that are here. */
async function versionsHere(): Promise<Record<string, string>> {
  const asked = Object.entries(programs).map(async ([name, command]) => {
    const version = await versionOf(name, command).catch(() => '');
    return [name, version.slice(name.length).trim()] as const;
  });
  const here = (await Promise.all(asked)).filter(([, version]) => version !== '');
  return { Node: process.versions.node, ...Object.fromEntries(here) };
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) => (await run('git', ['-C', ROOT, ...args])).stdout.trim();
  try {
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return `${await git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

/** What the comparison runs on, as it begins. */
export async function machineHere(command: string): Promise<Machine> {
  return {
    startedAt: new Date().toISOString(),
    minutes: 0,
    commit: await commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMib: Math.round(totalmem() / BYTES_PER_MIB),
    kernel: release(),
    versions: await versionsHere(),
    command,
  };
}
