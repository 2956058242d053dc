import type { TestProcess } from './child-process.js';
import { until } from './until.js';

/** Resolves once a GET of the URL is answered 2xx. Rejects immediately if the process has ended. */
export async function untilAnswers(
  name: string,
  process: TestProcess,
  url: string,
  timeoutMs?: number,
): Promise<void> {
  const answers = async () => {
    if (!process.isRunning) throw new Error(`${name} ended: ${process.stderr}`);
    return fetch(url).then(
      async ({ ok, body }) => {
        await body?.cancel();
        return ok;
      },
      () => false,
    );
  };
  await until(`${name} to answer`, answers, timeoutMs).catch((error: Error) => {
    throw new Error(`${error.message}; it said ${(process.stdout + process.stderr).slice(-1000)}`);
  });
}
