import { joinFrames } from '../channel/frames.js';
import type { Session } from './session.js';

/**
 * Replies that are ready later than their commands. Those of one tick are sent together: otherwise
 * a client that sends many publications in one frame would cost a write to the kernel for each.
 */
export class ReplyBatch {
  readonly #maxMessageBytes: number;
  readonly #defer: (flush: () => void) => void;
  readonly #waiting = new Map<Session, string[]>();

  /**
   * Replies are sent together in messages of at most `maxMessageBytes`. `defer` runs a function
   * once the current turn of the event loop is over.
   */
  constructor(maxMessageBytes: number, defer: (flush: () => void) => void = setImmediate) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#defer = defer;
  }

  add(session: Session, frame: string): void {
    if (this.#waiting.size === 0) this.#defer(() => this.#flushAll());
    const frames = this.#waiting.get(session);
    if (frames === undefined) this.#waiting.set(session, [frame]);
    else frames.push(frame);
  }

  /** Sends this session's waiting replies now, such as before its connection is closed. */
  flush(session: Session): void {
    const frames = this.#waiting.get(session);
    if (frames === undefined) return;
    this.#waiting.set(session, []);
    this.#send(session, frames);
  }

  #flushAll(): void {
    for (const [session, frames] of this.#waiting) this.#send(session, frames);
    this.#waiting.clear();
  }

  #send({ connection, wire: { joint } }: Session, frames: readonly string[]): void {
    if (joint === undefined || frames.length <= 1) connection.send(...frames);
    else connection.send(...joinFrames(frames, joint, this.#maxMessageBytes));
  }
}
