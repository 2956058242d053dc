import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { programPath, ROOT } from '@newswire/testkit';

const LIMIT_MS = 10_000;

/** The text that a program prints when it is asked for its version. Its exit code does not matter. */
function runForOutput(
  [program, ...args]: readonly [string, ...string[]],
  env = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMIT_MS, env: { ...process.env, ...env } };
    execFile(programPath(program) ?? program, args, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (output === '') reject(error ?? new Error(`${program} prints no version`));
      else resolve(output);
    });
  });
}

export async function readVersion(
  name: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const output = await runForOutput(command, env);
  return `${name} ${/\d+(\.\d+)+/.exec(output)?.[0] ?? output}`;
}

/** Of the Centrifuge server, which prints that of the module and that of Go. */
export async function readGoVersions(name: string, program: string): Promise<string> {
  const output = await runForOutput([program, '-version']);
  const [version, go] = output.match(/\d+(\.\d+)+/g) ?? [];
  return `${name} ${version} (Go ${go})`;
}

/** Of a package at a path below the checkout, as its package.json says. */
export async function readPackageVersion(name: string, path: string): Promise<string> {
  const text = await readFile(`${ROOT}${path}/package.json`, 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return `${name} ${version}`;
}

export const readRedisVersion = () => readVersion('Redis', ['redis-server', '--version']);
export const readNginxVersion = (program = 'nginx') => readVersion('Nginx', [program, '-v']);
