import { setTimeout as wait } from 'node:timers/promises';
import type { RecoverySystem } from '../contender.js';

const MESSAGE_BYTES = 64;
const ANSWER_LIMIT_MS = 5000;

const dataOf = (number: number) => String(number).padEnd(MESSAGE_BYTES, '.');

/** The number of a publication of the run; NaN: it is none. */
export const numberIn = (data: string): number => Number.parseInt(data, 10);

/** Publishes 1, 2, 3… at a rate, each when the one before was answered: so their order is the server's too. */
export class RecoveryPublisher {
  readonly channel: string;
  /** What the server took. */
  readonly taken = new Set<number>();
  readonly #publish: (data: string) => Promise<void>;
  #begun = 0;
  #refusal = '';
  #isDone = false;

  constructor(system: RecoverySystem, channel: string) {
    this.channel = channel;
    this.#publish = (data) => system.publish(channel, data);
  }

  /** The last number handed to the server, whether it is answered yet or not. */
  get begun(): number {
    return this.#begun;
  }

  /** Why the server did not take the last one that it did not take; empty: it took all. */
  get refusal(): string {
    return this.#refusal;
  }

  end(): void {
    this.#isDone = true;
  }

  /** Resolves behind `end`, when the last publication was answered. */
  async run(ratePerS: number): Promise<void> {
    const startedAtMs = performance.now();
    for (let sent = 0; !this.#isDone; sent += 1) {
      const dueAtMs = startedAtMs + (sent * 1000) / ratePerS;
      await wait(Math.max(0, dueAtMs - performance.now()));
      await this.#next();
    }
  }

  async #next(): Promise<void> {
    this.#begun += 1;
    const number = this.#begun;
    const late = new AbortController();
    const limit = wait(ANSWER_LIMIT_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`no answer to a publication in ${ANSWER_LIMIT_MS} ms`);
    });
    try {
      await Promise.race([this.#publish(dataOf(number)), limit]);
      this.taken.add(number);
    } catch (error) {
      this.#refusal = String(error);
    } finally {
      late.abort();
      limit.catch(() => undefined);
    }
  }
}
