import type { HttpReply } from '@newswire/transport';

/** A request of Pusher's API that is refused: an HTTP status and a sentence, which has no secrets. */
export class PusherRequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'PusherRequestError';
    this.status = status;
  }

  toReply(): HttpReply {
    const headers = { 'Content-Type': 'text/plain' };
    return { status: this.status, headers, body: `${this.message}\n` };
  }
}
