/**
 * Calls `probe` every few ms and resolves with its first truthy value. Rejects after `timeoutMs`.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`after ${timeoutMs} ms still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
