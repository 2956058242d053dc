import { SseReader, type SseEvent } from './sse-text.js';
import { until } from './until.js';

/**
 * A plain SSE client that keeps its events and last id across connections, as `EventSource` does.
 */
export class SseClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly events: SseEvent[] = [];
  comments = 0;
  lastId = '';
  /** The HTTP statuses of all connections so far. */
  readonly statuses: number[] = [];
  hasEnded = false;
  #abort = new AbortController();

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  /**
   * Connects and resumes where it was cut. Resolves with the status when the headers have arrived.
   */
  async open(): Promise<number> {
    this.#abort = new AbortController();
    this.hasEnded = false;
    const last = this.lastId === '' ? {} : { 'Last-Event-ID': this.lastId };
    const { signal } = this.#abort;
    const response = await fetch(this.#url, { headers: { ...this.#headers, ...last }, signal });
    this.statuses.push(response.status);
    void this.#read(response);
    return response.status;
  }

  /** The publications of a channel. */
  items(channel: string): string[] {
    return this.events.filter(({ type }) => type === channel).map(({ data }) => data);
  }

  async received(channel: string, count: number): Promise<string[]> {
    await until(`item ${count} of ${channel}`, () => this.items(channel).length >= count);
    return this.items(channel);
  }

  async begun(times = 1): Promise<void> {
    await until(`beginning ${times}`, () => this.items('subscribed').length >= times);
  }

  /** Cuts the connection without notice. */
  cut(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    const reader = new SseReader();
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        reader.push(decoder.decode(chunk as Uint8Array, { stream: true }));
        this.events.push(...reader.events.splice(0));
        this.comments += reader.comments;
        reader.comments = 0;
        this.lastId = reader.lastId || this.lastId;
      }
    } catch {
      // The connection was cut.
    }
    this.hasEnded = true;
  }
}
