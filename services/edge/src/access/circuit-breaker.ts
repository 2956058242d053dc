export interface CircuitBreakerOptions {
  /** So many failures in a row open it. */
  readonly maxFailures: number;
  /** For how long it lets nobody pass, before one may try. */
  readonly openMs: number;
  readonly now: () => number;
  /** True each time that it opens, also after a failed try; false once when it closes. */
  readonly onChange?: (isOpen: boolean) => void;
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
