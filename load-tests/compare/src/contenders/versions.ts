import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { programPath, ROOT } from '@newswire/testkit';

const LIMIT_MS = 10_000;

/** What a program prints when it is asked for its version, whatever its exit code. */
export function saidBy(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMIT_MS, env: { ...process.env, ...env } };
    execFile(programPath(program) ?? program, args, options, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim();
      if (said === '') reject(error ?? new Error(`${program} says no version`));
      else resolve(said);
    });
  });
}

/** The first number with dots in it. */
export function numberIn(said: string): string {
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? said;
}

/** Asks a program for its version, such as `Redis 7.0.15`. */
export async function versionOf(
  name: string,
  command: readonly [string, ...string[]],
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  return `${name} ${numberIn(await saidBy(command, env))}`;
}

/** Of several programs, in one text. */
export async function versionsOf(...asked: readonly (() => Promise<string>)[]): Promise<string> {
  const versions = await Promise.all(asked.map((ask) => ask()));
  return versions.join(', ');
}

async function packageVersion(path: string): Promise<string> {
  const { version }: { version: string } = JSON.parse(
    await readFile(`${ROOT}${path}/package.json`, 'utf8'),
  );
  return version;
}

export async function newswireVersion(): Promise<string> {
  return `newswire ${await packageVersion('.')}`;
}

export async function uwsVersion(): Promise<string> {
  return `uWebSockets.js ${await packageVersion('node_modules/uWebSockets.js')}`;
}

export const redisVersion = () => versionOf('Redis', ['redis-server', '--version']);
