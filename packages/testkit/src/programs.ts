import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers in sbin, which is not on everybody's PATH. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** The programs that are not on this machine: tests that need one are skipped, by name. */
export function missingPrograms(...programs: string[]): string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  return programs.filter((program) => !folders.some((folder) => isProgram(join(folder, program))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
