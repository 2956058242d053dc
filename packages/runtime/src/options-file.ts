import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { readTextFile } from './text-file.js';

/**
 * Reads a file that a setting names. Returns undefined if the file is missing and may be, or if it is
 * a device like /dev/null. Throws ConfigError if it cannot be read.
 */
export function readOptionsFile(file: string, mayBeMissing: boolean): string | undefined {
  // Compose and shells expand `~` too.
  const path = file.startsWith('~/') ? join(homedir(), file.slice(2)) : file;
  const text = readTextFile(path);
  // Compose mounts /dev/null if no file is named; an empty file is a fault.
  if (text === '' && statSync(path).isCharacterDevice()) return undefined;
  if (text !== undefined || mayBeMissing) return text;
  throw new ConfigError([`${file} cannot be read: ENOENT, there is no such file.`]);
}
