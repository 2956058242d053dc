export interface CircuitBreakerOptions {
  /** So many failures in a row open it. */
  readonly maxFailures: number;
  /** For how long it lets nobody pass, before one may try. */
  readonly openMs: number;
  readonly now: () => number;
}

/** Keeps calls from something that fails, so that it can recover and callers need not wait for it. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failures = 0;
  #openUntilMs = -Infinity;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether to call; `succeeded` or `failed` has to follow. After `openMs` one caller may try. */
  mayPass(): boolean {
    const { maxFailures, openMs, now } = this.#options;
    if (this.#failures < maxFailures) return true;
    if (now() < this.#openUntilMs) return false;
    this.#openUntilMs = now() + openMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    const { maxFailures, openMs, now } = this.#options;
    if (++this.#failures >= maxFailures) this.#openUntilMs = now() + openMs;
  }
}
