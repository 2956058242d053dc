import { missingPrograms } from '@newswire/testkit';

/** Of its own, a process with many connections needs some open files too. */
const SPARE_FILES = 200;

/** What a test with so many clients in one process lacks on this machine. */
export function missingFor(clients: number): string[] {
  const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');
  const limit = openFilesLimit();
  return limit < clients + SPARE_FILES
    ? [...missing, `${clients + SPARE_FILES} open files`]
    : missing;
}

/** Node raises the soft limit to the hard one. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { hard: number | string } };
  };
  const hard = Number(userLimits?.open_files?.hard);
  return Number.isNaN(hard) ? Infinity : hard; // "unlimited"
}
