import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonLine, Position } from '@newswire/protocol';
import { backoffMs } from '@newswire/runtime/environment';
import { post } from './post.js';

export interface PublisherOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Publishing failed permanently. The message has the reason and the remedy. */
export class PublishError extends Error {}

const TRIES = 5;
const BACKOFF = { minMs: 200, maxMs: 2000 };

/**
 * Publishes over HTTP. A missing answer or a temporary error causes a retry. Each publication has
 * an idempotency key, so a retry never publishes it twice.
 */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Publishes one line of JSON. Resolves with the publication's position. Rejects with
   * PublishError.
   */
  async publish(channel: string, data: JsonLine): Promise<Position> {
    const fields = JSON.stringify({ channel, idempotency_key: randomUUID() });
    const body = `${fields.slice(0, -1)},"data":${data}}`;
    let lastFault = '';
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt > 0) await delay(backoffMs(attempt, BACKOFF));
      const answer = await post<Position>(this.#options, 'publish', body);
      if (typeof answer.result?.offset === 'number') return answer.result;
      lastFault = answer.error?.message ?? 'the answer is not from newswire';
      if (answer.error?.temporary !== true) break;
    }
    throw new PublishError(lastFault);
  }
}
