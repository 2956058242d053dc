import { type ErrorKind, ERRORS, ProtocolError } from '@newswire/protocol';
import { getErrorCode, Semaphore } from '@newswire/runtime';
import { BodyTooLongError, boundedText, CircuitBreaker } from './backend-calls.js';

/** The hooks' names, which are also labels of metrics. */
export type HookName = 'connect' | 'subscribe' | 'rpc' | 'publish' | 'refresh' | 'sub_refresh';

/** The errors that concern this one request. A backend causes them by their HTTP statuses. */
const CLIENT_ERRORS: readonly ErrorKind[] = [
  'badRequest',
  'unauthorized',
  'permissionDenied',
  'tooManyRequests',
];

/** Statuses that have the meaning of another one. */
const SYNONYMS: Readonly<Record<number, number>> = { 402: 403, 410: 404, 419: 401, 422: 400 };

/**
 * The error for 404 and 410. For a connect or refresh hook these mean that its URL is wrong. The error
 * is then temporary, so that clients who connect meanwhile come back.
 */
const NOT_FOUND: Readonly<Record<HookName, ErrorKind>> = {
  connect: 'internal',
  subscribe: 'unknownChannel',
  rpc: 'methodNotFound',
  publish: 'unknownChannel',
  refresh: 'internal',
  sub_refresh: 'unknownChannel',
};

/**
 * Maps an HTTP status other than 200 to an error. A status that says nothing about the client maps
 * to the temporary error 100: redirects, 2xx, most 4xx, and 5xx.
 */
export function errorOfStatus(hook: HookName, status: number): ErrorKind {
  const meant = SYNONYMS[status] ?? status;
  if (meant === 404) return NOT_FOUND[hook];
  return CLIENT_ERRORS.find((kind) => ERRORS[kind].status === meant) ?? 'internal';
}

/** Whether the status means that the backend fails for every client. */
export function isBackendFailure(status: number): boolean {
  return status >= 500;
}

export interface HookClientOptions {
  readonly hook: HookName;
  readonly url: URL;
  /** For the whole call: the wait for the semaphore, the request and the complete answer. */
  readonly timeoutMs: number;
  /**
   * Called after each failure, either of the backend or of one answer. An unusable answer does not
   * mean that the next one is unusable. The message contains nothing that was sent or received.
   */
  readonly onFailure: (message: string, of: 'backend' | 'answer') => void;
  /** Called when the circuit breaker opens, opens again or closes. */
  readonly onBreaker?: (isOpen: boolean, message: string) => void;
  /** Called when a call was answered or failed, with its duration. */
  readonly onCall?: (hasResult: boolean, tookMs: number) => void;
  readonly now?: () => number;
}

/** Converts an answer, or throws. `text` is the answer's original JSON text. */
type ReadAnswer<T> = (answer: unknown, text: string) => T;

const MAX_ANSWER_BYTES = 262_144;

/**
 * Concurrent calls. After a mass reconnect the other calls wait here, so that they do not overload
 * the backend.
 */
const MAX_CONCURRENT = 128;

const BREAKER = { maxFailures: 10, openMs: 1000 };

/** The backend responded, but this answer cannot be used. The next one may be usable. */
class UnusableAnswerError extends Error {
  readonly kind: ErrorKind;

  constructor(message: string, kind: ErrorKind = 'internal') {
    super(message);
    this.name = 'UnusableAnswerError';
    this.kind = kind;
  }
}

/** Calls one URL of the backend. Every failure is an error and never grants access. */
export class HookClient {
  readonly #options: HookClientOptions;
  readonly #name: string;
  readonly #breaker: CircuitBreaker;
  readonly #semaphore = new Semaphore(MAX_CONCURRENT);

  constructor(options: HookClientOptions) {
    const { hook, now = Date.now, onBreaker } = options;
    this.#options = options;
    this.#name = `the ${hook} hook`;
    const { maxFailures, openMs } = BREAKER;
    const opened = `failed ${maxFailures} times in a row: the circuit breaker is open, one request is sent every ${openMs} ms`;
    this.#breaker = new CircuitBreaker({
      ...BREAKER,
      now,
      onChange: (isOpen) =>
        onBreaker?.(
          isOpen,
          `${this.#name} ${isOpen ? opened : 'answers again: the circuit breaker is closed'}`,
        ),
    });
  }

  /**
   * Posts the JSON and resolves with the result of `read`, which throws if the answer is not valid.
   * Rejects with the error for the answer's HTTP status, or else with error 100. Only failures that
   * affect every client open the circuit breaker: timeouts, failed connections, and 5xx.
   */
  async call<T>(
    json: string,
    headers: Readonly<Record<string, string>>,
    read: ReadAnswer<T>,
  ): Promise<T> {
    const { timeoutMs, onCall = () => undefined } = this.#options;
    const startMs = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const found = await this.#semaphore.run(
        () => this.#call(json, headers, read, signal),
        signal,
      );
      onCall(true, performance.now() - startMs);
      return found;
    } catch (error) {
      const refusal = this.#toRefusal(error);
      onCall(refusal.kind !== 'internal', performance.now() - startMs);
      throw refusal;
    }
  }

  #toRefusal(error: unknown): ProtocolError {
    const { timeoutMs, onFailure } = this.#options;
    const isAnswer = error instanceof UnusableAnswerError;
    const message = isAnswer ? error.message : describeFailure(error, timeoutMs);
    onFailure(`${this.#name}: ${message}`, isAnswer ? 'answer' : 'backend');
    const kind = isAnswer ? error.kind : 'internal';
    const detail = ERRORS[kind].temporary
      ? 'the backend does not answer at the moment'
      : 'refused by the backend';
    return new ProtocolError(kind, detail);
  }

  async #call<T>(
    json: string,
    headers: Readonly<Record<string, string>>,
    read: ReadAnswer<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (!this.#breaker.mayPass()) throw new Error('the circuit breaker is open');
    try {
      const answer = readWith(read, await this.#post(json, headers, signal));
      this.#breaker.succeeded();
      return answer;
    } catch (thrown) {
      const error = isUnusable(thrown) ? unusable(thrown) : thrown;
      if (error instanceof UnusableAnswerError) this.#breaker.succeeded();
      else this.#breaker.failed();
      throw error;
    }
  }

  async #post(
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string> {
    const { url, hook } = this.#options;
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      redirect: 'manual', // cookies must not be sent to an address that is not configured
      signal,
    });
    const { status } = response;
    if (status === 200) return boundedText(response, MAX_ANSWER_BYTES);
    await response.body?.cancel();
    const message = `it answered ${status}`;
    if (isBackendFailure(status)) throw new Error(message);
    throw new UnusableAnswerError(message, errorOfStatus(hook, status));
  }
}

/**
 * Error codes for HTTP that cannot be parsed, headers that are too long, and badly compressed
 * bodies.
 */
const UNUSABLE_CODES = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|Z_)/;

/** Whether the error concerns this answer only. Such an error is not a failure of the backend. */
function isUnusable(error: unknown): boolean {
  return error instanceof BodyTooLongError || UNUSABLE_CODES.test(getCauseCode(error) ?? '');
}

function unusable(error: unknown): UnusableAnswerError {
  return new UnusableAnswerError(getCauseCode(error) ?? (error as Error).message);
}

/** The code of what made `fetch` fail. */
function getCauseCode(error: unknown): string | undefined {
  return getErrorCode((error as Error).cause);
}

function readWith<T>(read: ReadAnswer<T>, text: string): T {
  try {
    return read(parsed(text), text);
  } catch (error) {
    throw new UnusableAnswerError((error as Error).message);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its answer is not JSON');
  }
}

function describeFailure(error: unknown, timeoutMs: number): string {
  const { name, message } = error as Error;
  if (name === 'TimeoutError') return `it took longer than ${timeoutMs} ms`;
  return getCauseCode(error) ?? message;
}
