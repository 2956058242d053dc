import type { Control, ControlHandler, ControlReply, ControlRequest } from './control.js';

/** Edge and center in one process. */
export class LocalControl implements Control {
  readonly #handlers: ControlHandler[] = [];

  serve(handler: ControlHandler): Promise<void> {
    this.#handlers.push(handler);
    return Promise.resolve();
  }

  request(request: ControlRequest): Promise<ControlReply[]> {
    return Promise.resolve(this.#handlers.map((handler) => handler(request)));
  }
}
