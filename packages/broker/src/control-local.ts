import type { Control, ControlHandler, ControlReply, ControlRequest } from './control.js';
import {
  answerControlRequest,
  checkUid,
  noSuchEdge,
  toReplyText,
  toRequestText,
} from './control-text.js';

/** Edges and center in one process. */
export class LocalControl implements Control {
  readonly #handlers = new Map<string, ControlHandler>();
  readonly #onListenerFault: (error: unknown) => void;

  /** `onListenerFault`: called with each error of a handler that is not a ProtocolError. */
  constructor(onListenerFault: (error: unknown) => void = () => undefined) {
    this.#onListenerFault = onListenerFault;
  }

  async serve(handler: ControlHandler, uid: string): Promise<void> {
    checkUid(uid);
    this.#handlers.set(uid, handler);
  }

  async request(request: ControlRequest): Promise<ControlReply[]> {
    return Promise.all(
      [...this.#handlers.values()].map((handler) => this.#request(handler, request)),
    );
  }

  async requestFrom(uid: string, request: ControlRequest): Promise<ControlReply> {
    const handler = this.#handlers.get(uid);
    if (handler === undefined) throw noSuchEdge();
    return this.#request(handler, request);
  }

  /** The same size limits as between processes, so that requests that work here also work there. */
  async #request(handler: ControlHandler, request: ControlRequest): Promise<ControlReply> {
    toRequestText(request);
    const reply = await answerControlRequest(handler, request, this.#onListenerFault);
    toReplyText(reply);
    return reply;
  }
}
