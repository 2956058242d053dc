import { readBlocks, toEventId, type ErrorBody, type Position } from '@newswire/protocol';
import type { HttpReply, StreamFraming } from '@newswire/transport';
import { eventStreamRefusal, refusalOf, RETRY_MS } from './refusal.js';

/** HTTP's statuses for the errors that a request to listen may be answered with. */
const STATUSES: Readonly<Record<number, number>> = {
  100: 503,
  101: 401,
  102: 404,
  103: 403,
  108: 404,
  109: 401,
  110: 401,
  111: 429,
};

/** What a frame last became, and for whom. */
interface LastEvents {
  frame: string;
  before: string;
  after: string;
  text: string;
  positions: readonly [channel: string, position: Position][];
}

/**
 * What the connections of plain SSE have in common. All that are live on the same channels stand at
 * the same positions: their events are the very same text, which is made for the first of them.
 */
export class PlainSseMemory {
  last: LastEvents | undefined;
}

/**
 * One client's events. The id of each names the client's positions on all its channels once it has
 * that event; `id:` and `data:` are one event, so a cut between the two loses and doubles nothing.
 * Nothing is sent before all channels have begun: until then an error can be an HTTP status. Then an
 * event `subscribed` names them.
 */
export class PlainSseFraming implements StreamFraming {
  readonly contentType = 'text/event-stream';
  readonly isShared = false;
  readonly #memory: PlainSseMemory;
  readonly #positions: Map<string, Position>;
  readonly #awaited: Set<string>;
  readonly #hasNextUpstream: boolean;
  #id: string;
  #isConnected = false;
  #held: string | undefined = `retry: ${RETRY_MS}\n\n`;
  #error: ErrorBody | undefined;

  /**
   * `positions`: of those channels, what the client has had before. `hasNextUpstream`: a proxy asks
   * another edge after a 503.
   */
  constructor(
    channels: readonly string[],
    positions: ReadonlyMap<string, Position>,
    memory: PlainSseMemory,
    hasNextUpstream = false,
  ) {
    const known = [...positions].filter(([channel]) => channels.includes(channel));
    this.#positions = new Map(known);
    this.#awaited = new Set(channels);
    this.#memory = memory;
    this.#hasNextUpstream = hasNextUpstream;
    this.#id = toEventId(this.#positions);
  }

  frame(frame: string): string {
    if (this.#held === undefined) return this.#remembered(frame);
    this.#held += this.#events(frame).text;
    if (!this.#isConnected || this.#awaited.size > 0) return '';
    const text = this.#held;
    this.#held = undefined;
    // Some libraries keep an id only where an event comes with it.
    const channels = [...this.#positions.keys()].join('|');
    return `${text}id: ${this.#id}\nevent: subscribed\ndata: ${channels}\n\n`;
  }

  refusal(code: number, reason: string): HttpReply {
    const error = this.#error;
    const refusal =
      error === undefined
        ? refusalOf(code, reason)
        : { status: STATUSES[error.code] ?? 400, error };
    return eventStreamRefusal(refusal, this.#hasNextUpstream);
  }

  #remembered(frame: string): string {
    const { last } = this.#memory;
    const before = this.#id;
    if (last !== undefined && last.frame === frame && last.before === before) {
      for (const [channel, position] of last.positions) this.#positions.set(channel, position);
      this.#id = last.after;
      return last.text;
    }
    const { text, positions } = this.#events(frame);
    this.#memory.last = { frame, before, after: this.#id, text, positions };
    return text;
  }

  #events(frame: string): Pick<LastEvents, 'text' | 'positions'> {
    const positions: [string, Position][] = [];
    let text = '';
    for (const block of readBlocks(frame)) {
      switch (block.type) {
        case 'connected':
          this.#isConnected = true;
          break;
        case 'heartbeat':
          text += ':\n\n';
          break;
        case 'error':
          this.#error = JSON.parse(block.body) as ErrorBody;
          break;
        case 'position': {
          const { channel, offset, fields } = block;
          const epoch = block.epoch ?? this.#positions.get(channel)?.epoch ?? '';
          const position = { offset, epoch };
          positions.push([channel, position]);
          this.#positions.set(channel, position);
          this.#awaited.delete(channel);
          this.#id = toEventId(this.#positions);
          if (fields !== '') text += `id: ${this.#id}\n${fields}\n\n`;
          else if (this.#held === undefined) text += `id: ${this.#id}\n\n`;
        }
      }
    }
    return { text, positions };
  }
}
