import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Returns whether the repository has the file or folder, by its path from the root. */
export function exists(path: string): boolean {
  return existsSync(ROOT + path);
}

export function readText(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

/** Returns the paths of all files that git tracks or would track. */
export function listFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  return [...new Set(paths)].filter(exists);
}
