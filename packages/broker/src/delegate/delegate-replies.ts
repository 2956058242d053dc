import { ProtocolError } from '@newswire/protocol';
import type { PageItem } from './delegate-lines.js';

/** The answer to a request: its last line's text, and the items that came before. */
export interface Reply {
  readonly text: string;
  readonly items: readonly PageItem[];
}

export interface AskOptions {
  /** The request fails with error 100 after this, in ms. Without one it waits as long as its link. */
  readonly timeoutMs?: number;
  /** Called with the answer, before the next line is looked at. */
  readonly onReply?: (reply: Reply) => void;
}

interface Waiting {
  readonly items: PageItem[];
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Requests that went out on a link, by id, until they are answered. */
export class PendingReplies {
  readonly #waiting = new Map<number, Waiting>();
  readonly #late: string;
  #lastId = 0;

  /** `late`: the sentence of a request whose time is up. */
  constructor(late: string) {
    this.#late = late;
  }

  /** Has `send` send a request with this id. Whatever comes for it after its time is ignored. */
  open(send: (id: number) => void, { timeoutMs, onReply }: AskOptions = {}): Promise<Reply> {
    const id = ++this.#lastId;
    return new Promise<Reply>((resolve, reject) => {
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
