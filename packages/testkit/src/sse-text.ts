import { createParser } from 'eventsource-parser';

/** One server-sent event, as a client sees it. */
export interface SseEvent {
  readonly type: string;
  readonly data: string;
  /** The last event id at the time of the event. */
  readonly id: string;
}

/** Parses server-sent events with `eventsource-parser`. Keeps incomplete events for the next call. */
export class SseReader {
  readonly events: SseEvent[] = [];
  lastId = '';
  comments = 0;
  readonly #parser = createParser({
    onEvent: ({ event = '', data, id }) => {
      this.lastId = id ?? this.lastId;
      this.events.push({ type: event, data, id: this.lastId });
    },
    onComment: () => (this.comments += 1),
  });

  push(text: string): void {
    this.#parser.feed(text);
  }
}
