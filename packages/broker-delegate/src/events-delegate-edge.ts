import type { EventBatch, EventBatchAnswer, EventWriter } from '@newswire/broker';
import { LINE, LineError, parseNumber } from './delegate-lines.js';
import type { Uplink } from './delegate-uplink.js';

export interface DelegateEventsOptions {
  /** A request fails if center has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/** An edge's side of the events for webhooks: center has the queues, in its memory. */
export class DelegateEdgeEvents implements EventWriter {
  readonly #uplink: Uplink;
  readonly #timeoutMs: number;

  constructor(uplink: Uplink, { publishTimeoutMs }: DelegateEventsOptions) {
    this.#uplink = uplink;
    this.#timeoutMs = publishTimeoutMs;
  }

  async write(batch: EventBatch): Promise<EventBatchAnswer> {
    const options = { timeoutMs: this.#timeoutMs };
    const { text } = await this.#uplink.request(LINE.events, encodeBatch(batch), options);
    return text === 'lost' || text === 'ended' ? text : parseNumber(text);
  }
}

function encodeBatch({ edge, number, isFirst, operations }: EventBatch): string {
  return JSON.stringify([edge, number, isFirst, ...operations]);
}

/** Throws LineError if the text is not a batch. */
export function parseBatch(text: string): EventBatch {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new LineError();
  }
  if (!Array.isArray(parsed)) throw new LineError();
  const [edge, number, isFirst, ...operations] = parsed as unknown[];
  const isValid =
    typeof edge === 'string' &&
    typeof number === 'number' &&
    typeof isFirst === 'boolean' &&
    operations.every(isOperation);
  if (!isValid) throw new LineError();
  return { edge, number, isFirst, operations: operations as EventBatch['operations'] };
}

function isOperation(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [sign, subject, queue] = value as unknown[];
  const isKnown = sign === '+' || sign === '=' || sign === '-' || sign === 'e';
  return isKnown && typeof subject === 'string' && typeof queue === 'string';
}
