export interface CircuitBreakerOptions {
  /** The number of consecutive failures that opens the breaker. */
  readonly maxFailures: number;
  /** How long the open breaker refuses all calls before it allows one trial call. */
  readonly openMs: number;
  readonly now: () => number;
  /**
   * Called with true each time the breaker opens, also after a failed trial call, and with false
   * once when it closes.
   */
  readonly onChange?: (isOpen: boolean) => void;
}

/**
 * Stops calls to a failing service, so that the service can recover and callers do not wait for it.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failures = 0;
  #openUntilMs = -Infinity;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /**
   * Returns whether to make the call. The caller must then report `succeeded` or `failed`. After
   * `openMs` the breaker allows one trial call.
   */
  mayPass(): boolean {
    const { maxFailures, openMs, now } = this.#options;
    if (this.#failures < maxFailures) return true;
    if (now() < this.#openUntilMs) return false;
    this.#openUntilMs = now() + openMs;
    return true;
  }

  succeeded(): void {
    const { maxFailures, onChange } = this.#options;
    const wasOpen = this.#failures >= maxFailures;
    this.#failures = 0;
    if (wasOpen) onChange?.(false);
  }

  failed(): void {
    const { maxFailures, openMs, now, onChange } = this.#options;
    if (++this.#failures < maxFailures) return;
    this.#openUntilMs = now() + openMs;
    onChange?.(true);
  }
}

/**
 * Reads a response's body as text. Rejects once the body exceeds `maxBytes`, and reads no further.
 */
export async function boundedText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new BodyTooLongError(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export class BodyTooLongError extends Error {
  constructor(maxBytes: number) {
    super(`the answer has more than ${maxBytes} bytes`);
    this.name = 'BodyTooLongError';
  }
}
