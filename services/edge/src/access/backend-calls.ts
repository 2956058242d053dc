/** Limits the number of concurrent calls. The others wait in order of arrival. */
export class Semaphore {
  #free: number;
  readonly #line = new Set<() => void>();

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Runs `work` when a place is free. Rejects with the signal's reason if the signal aborts first.
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#line.delete(enter);
        reject(signal.reason as Error);
      };
      this.#line.add(enter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Gives the place to the call that has waited longest, or frees it. */
  #leave(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#line.delete(next);
    next();
  }
}

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
