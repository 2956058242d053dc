const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 30;

/**
 * Calls `probe` every few ms, less often the longer it takes, and resolves with its first truthy value. Rejects
 * after `timeoutMs`.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(1.2 * pauseMs, LONGEST_PAUSE_MS)) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`after ${timeoutMs} ms still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
