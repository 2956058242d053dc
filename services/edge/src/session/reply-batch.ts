import { isOver, ProtocolError, type Frame, type Protocol, type Reply } from '@newswire/protocol';
import type { Connection } from '@newswire/transport';

/** The part of a session that sending its replies needs. */
export interface ReplyingSession {
  readonly connection: Pick<Connection, 'send'>;
  readonly protocol: Protocol;
  /** Returns '' if nothing is to be sent, and undefined if the protocol has no such reply. */
  encode(reply: Reply): Frame | undefined;
  refuse(id: number, error: ProtocolError): void;
}

/**
 * Replies that are ready later than their commands. Those of one tick are sent together: otherwise
 * a client that sends many publications in one frame would cost a write to the kernel for each.
 */
export class ReplyBatch {
  readonly #maxMessageBytes: number;
  readonly #defer: (flush: () => void) => void;
  readonly #waiting = new Map<ReplyingSession, Frame[]>();

  /**
   * Replies are sent together in messages of at most `maxMessageBytes`. `defer` runs a function
   * once the current turn of the event loop is over.
   */
  constructor(maxMessageBytes: number, defer: (flush: () => void) => void = setImmediate) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#defer = defer;
  }

  /**
   * Sends the reply at the end of this tick. A reply that is longer than a message is refused with
   * error 106.
   */
  add(session: ReplyingSession, id: number, reply: Reply): void {
    const frame = session.encode(reply);
    if (frame === undefined || frame.length === 0) return undefined;
    if (!isOver(frame, this.#maxMessageBytes)) return this.#addFrame(session, frame);
    const detail = `the answer has more than ${this.#maxMessageBytes} bytes`;
    return session.refuse(id, new ProtocolError('limitExceeded', detail));
  }

  #addFrame(session: ReplyingSession, frame: Frame): void {
    if (this.#waiting.size === 0) this.#defer(() => this.#flushAll());
    const frames = this.#waiting.get(session);
    if (frames === undefined) this.#waiting.set(session, [frame]);
    else frames.push(frame);
  }

  /** Sends this session's waiting replies now, such as before its connection is closed. */
  flush(session: ReplyingSession): void {
    const frames = this.#waiting.get(session);
    if (frames === undefined) return;
    this.#waiting.set(session, []);
    this.#send(session, frames);
  }

  #flushAll(): void {
    for (const [session, frames] of this.#waiting) this.#send(session, frames);
    this.#waiting.clear();
  }

  #send({ connection, protocol }: ReplyingSession, frames: readonly Frame[]): void {
    connection.send(...protocol.codec.joinFrames(frames, this.#maxMessageBytes));
  }
}
