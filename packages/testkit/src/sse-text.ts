/** One server-sent event, as a client sees it. */
export interface SseEvent {
  readonly type: string;
  readonly data: string;
  /** The last event id at the time of the event. */
  readonly id: string;
}

/** Parses server-sent events by the HTML standard. Keeps incomplete events for the next call. */
export class SseReader {
  readonly events: SseEvent[] = [];
  lastId = '';
  comments = 0;
  #rest = '';
  #type = '';
  #data: string[] = [];
  #id: string | undefined;

  push(text: string): void {
    this.#rest += text;
    const lines = this.#rest.split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    if (line === '') return this.#dispatch();
    const [, name = '', value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? [];
    if (name === '') this.comments++;
    else if (name === 'event') this.#type = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id') this.#id = value;
  }

  #dispatch(): void {
    this.lastId = this.#id ?? this.lastId;
    if (this.#data.length > 0) {
      this.events.push({ type: this.#type, data: this.#data.join('\n'), id: this.lastId });
    }
    this.#type = '';
    this.#data = [];
  }
}
