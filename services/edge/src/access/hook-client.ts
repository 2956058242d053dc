import { ProtocolError } from '@newswire/protocol';
import { boundedText } from './bounded-body.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { Turnstile } from './turnstile.js';

export interface HookClientOptions {
  /** How it is called in logs. */
  readonly name: string;
  readonly url: URL;
  /** From the question to the end of the answer, waiting for a place included. */
  readonly timeoutMs: number;
  /** Told what went wrong: nothing that was sent or answered is in it. */
  readonly onFailure: (message: string) => void;
  /** Told of each question that was answered or failed, in what time. */
  readonly onAsked?: (isAnswered: boolean, tookMs: number) => void;
  readonly now?: () => number;
}

/** Makes something of an answer, or throws. `text` is the answer's JSON as it came. */
type ReadAnswer<T> = (answer: unknown, text: string) => T;

const MAX_ANSWER_BYTES = 262_144;

/** After a mass reconnect the others wait here instead of all at the backend. */
const MAX_CONCURRENT = 128;

const BREAKER = { maxFailures: 10, openMs: 1000 };

/** Asks one URL of the backend. Whatever goes wrong is a temporary error, and never a yes. */
export class HookClient {
  readonly #options: HookClientOptions;
  readonly #breaker: CircuitBreaker;
  readonly #turnstile = new Turnstile(MAX_CONCURRENT);

  constructor(options: HookClientOptions) {
    this.#options = options;
    this.#breaker = new CircuitBreaker({ ...BREAKER, now: options.now ?? Date.now });
  }

  /**
   * Posts the JSON and resolves with what `read` makes of the answer and its text; it throws where
   * that is not an answer. Rejects with error 100.
   */
  async ask<T>(
    json: string,
    headers: Readonly<Record<string, string>>,
    read: ReadAnswer<T>,
  ): Promise<T> {
    const { name, timeoutMs, onFailure, onAsked = () => undefined } = this.#options;
    const startMs = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const found = await this.#turnstile.pass(signal, () =>
        this.#ask(json, headers, read, signal),
      );
      onAsked(true, performance.now() - startMs);
      return found;
    } catch (error) {
      onAsked(false, performance.now() - startMs);
      onFailure(`${name}: ${reasonOf(error, timeoutMs)}`);
      throw new ProtocolError('internal', 'the backend gives no answer at the moment');
    }
  }

  async #ask<T>(
    json: string,
    headers: Readonly<Record<string, string>>,
    read: ReadAnswer<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (!this.#breaker.mayPass()) throw new Error('it has failed too often, and is left alone');
    try {
      const text = await this.#post(json, headers, signal);
      const answer = read(parsed(text), text);
      this.#breaker.succeeded();
      return answer;
    } catch (error) {
      this.#breaker.failed();
      throw error;
    }
  }

  async #post(
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string> {
    const response = await fetch(this.#options.url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      redirect: 'manual', // another address is not the one that was trusted with cookies
      signal,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`it answered ${response.status}`);
    }
    return boundedText(response, MAX_ANSWER_BYTES);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its answer is not JSON');
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `it took longer than ${timeoutMs} ms`;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
}
