import { ProtocolError } from '@newswire/protocol';
import type { PageItem } from './delegate-lines.js';

/** The answer to a request: the text of its last line, and the items before it. */
export interface LinkReply {
  readonly text: string;
  readonly items: readonly PageItem[];
}

export interface RequestOptions {
  /**
   * The request fails with error 100 after this time, in ms. Without it, the request waits as long
   * as its link exists.
   */
  readonly timeoutMs?: number;
  /** Called with the answer, before the next line is handled. */
  readonly onReply?: (reply: LinkReply) => void;
}

interface Waiting {
  readonly items: PageItem[];
  readonly resolve: (reply: LinkReply) => void;
  readonly reject: (error: Error) => void;
}

/** Requests that were sent on a link and are not answered yet, by id. */
export class PendingReplies {
  readonly #waiting = new Map<number, Waiting>();
  readonly #late: string;
  #lastId = 0;

  /** `late`: the error message of a request that timed out. */
  constructor(late: string) {
    this.#late = late;
  }

  /** Calls `send` to send a request with this id. An answer after the timeout is ignored. */
  open(
    send: (id: number) => void,
    { timeoutMs, onReply }: RequestOptions = {},
  ): Promise<LinkReply> {
    const id = ++this.#lastId;
    return new Promise<LinkReply>((resolve, reject) => {
      const late = () => this.fail(id, new ProtocolError('internal', this.#late));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      this.#waiting.set(id, {
        items: [],
        resolve: (reply) => {
          end();
          onReply?.(reply);
          resolve(reply);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      send(id);
    });
  }

  addItem(id: number, item: PageItem): void {
    this.#waiting.get(id)?.items.push(item);
  }

  answer(id: number, text: string): void {
    const waiting = this.#waiting.get(id);
    waiting?.resolve({ text, items: waiting.items });
  }

  fail(id: number, error: Error): void {
    this.#waiting.get(id)?.reject(error);
  }

  failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
