import { Agent, request } from 'node:http';
import type { Position } from '@newswire/protocol';
import type { Ledger, Token } from '../ledger/index.js';
import { until } from '../until.js';
import { Durations, type DurationSummary } from './durations.js';
import { nowMs, toPayload } from './payload.js';

export interface PublisherOptions {
  /** Like http://127.0.0.1:9900. */
  readonly url: string;
  readonly channels: readonly string[];
  readonly ledger: Ledger;
  /** Maximum number of unfinished publications, including those that wait for a retry. */
  readonly maxPending: number;
  readonly padBytes: number;
  readonly random: () => number;
  /** Makes the publisher's idempotency keys unique. */
  readonly name: string;
}

export interface PublisherFigures {
  readonly started: number;
  readonly accepted: number;
  /** Given up after the end: it is unknown whether they were published. */
  readonly unknown: number;
  readonly failedAttempts: number;
  /** Due, but not begun because too many were unfinished. */
  readonly heldBack: number;
  readonly maxPending: number;
  /** From the first attempt to the answer. */
  readonly answers: DurationSummary;
}

const TICK_MS = 10;
/** Maximum concurrent attempts. Further attempts wait until one is answered. */
const MAX_SOCKETS = 500;
const ATTEMPT_TIMEOUT_MS = 10_000;
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 800;

interface Pending {
  readonly channel: string;
  readonly token: Token;
  readonly body: string;
  readonly startedMs: number;
  attempts: number;
}

/**
 * Publishes at a steady rate over HTTP, to its channels in turn. A publication that has a temporary
 * error or no answer is retried with the same idempotency key until it is accepted.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #agent: Agent;
  readonly #padding: string;
  readonly #lastTokens = new Map<string, Token>();
  readonly #pending = new Set<Pending>();
  readonly #answers = new Durations();
  readonly #counts = { started: 0, accepted: 0, failedAttempts: 0, heldBack: 0, maxPending: 0 };
  #timer: NodeJS.Timeout | undefined;
  #isGivenUp = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const maxSockets = Math.min(options.maxPending, MAX_SOCKETS);
    this.#agent = new Agent({ keepAlive: true, maxSockets });
    this.#padding = 'x'.repeat(options.padBytes);
  }

  start(perSecond: number): void {
    clearInterval(this.#timer);
    this.#isGivenUp = false;
    const startMs = nowMs();
    let due = 0;
    this.#timer = setInterval(() => {
      const target = Math.floor(((nowMs() - startMs) / 1000) * perSecond);
      for (; due < target; due++) this.#begin();
    }, TICK_MS);
  }

  /**
   * Begins no more publications and waits for the unfinished ones. Those that take too long stay
   * unknown.
   */
  async stop(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    const settled = until('answers', () => this.#pending.size === 0, timeoutMs);
    await settled.catch(() => undefined);
    this.#isGivenUp = true;
    for (const { channel, token } of this.#pending) this.#options.ledger.failed(channel, token);
  }

  figures(): PublisherFigures {
    const unknown = this.#counts.started - this.#counts.accepted;
    return { ...this.#counts, unknown, answers: this.#answers.summary() };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#isGivenUp = true;
    this.#agent.destroy();
  }

  #begin(): void {
    const { channels, maxPending, name } = this.#options;
    const counts = this.#counts;
    if (this.#pending.size >= maxPending) return void counts.heldBack++;
    const channel = channels[counts.started++ % channels.length] ?? '';
    const token = (this.#lastTokens.get(channel) ?? 0) + 1;
    this.#lastTokens.set(channel, token);
    const startedMs = nowMs();
    const body = JSON.stringify({
      channel,
      data: toPayload(token, startedMs, this.#padding),
      idempotency_key: `${name}-${token}`,
    });
    const pending = { channel, token, body, startedMs, attempts: 0 };
    this.#pending.add(pending);
    counts.maxPending = Math.max(counts.maxPending, this.#pending.size);
    return this.#attempt(pending);
  }

  #attempt(pending: Pending): void {
    pending.attempts++;
    this.#post(pending.body).then(
      (answer) => this.#handleAnswer(pending, answer),
      () => this.#fail(pending),
    );
  }

  #handleAnswer(pending: Pending, answer: Answer): void {
    const { result, error } = answer;
    if (result === undefined) {
      if (error?.temporary === true) return this.#fail(pending);
      throw new Error(`publishing was refused for good: ${JSON.stringify(answer)}`);
    }
    this.#options.ledger.accepted(pending.channel, pending.token, result);
    this.#counts.accepted++;
    this.#answers.add(nowMs() - pending.startedMs);
    this.#pending.delete(pending);
    return undefined;
  }

  #fail(pending: Pending): void {
    this.#counts.failedAttempts++;
    this.#options.ledger.failed(pending.channel, pending.token);
    const ceiling = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** pending.attempts);
    const waitMs = MIN_RETRY_MS + this.#options.random() * ceiling;
    setTimeout(() => this.#isGivenUp || this.#attempt(pending), waitMs);
  }

  #post(body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: this.#agent, timeout: ATTEMPT_TIMEOUT_MS };
      const posted = request(`${this.#options.url}/api/publish`, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', reject);
        response.on('end', () => resolve(toAnswer(text)));
      });
      posted.on('timeout', () => posted.destroy(new Error('no answer')));
      posted.on('error', reject);
      posted.end(body);
    });
  }
}

interface Answer {
  readonly result?: Position;
  readonly error?: { readonly code: number; readonly temporary?: boolean };
}

/** An answer that is not JSON comes from a proxy before center, and counts as no answer. */
function toAnswer(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return { error: { code: 100, temporary: true } };
  }
}
