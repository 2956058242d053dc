import type Pusher from 'pusher-js';
import type { Answer, ClientEvent, DriverCommand } from './driven-client.js';

/** What a backend signs for a client. */
export interface AuthorizeRequest {
  readonly socketId: string;
  /** Undefined: the client signs in. */
  readonly channelName?: string;
  readonly user: string;
}

/**
 * Drives an unmodified pusher-js by commands, in a browser and in Node. `tell` is given what the client
 * receives; `authorize` asks the backend for a signature.
 */
export declare function drivePusher(
  library: typeof Pusher,
  tell: (event: ClientEvent) => void,
  authorize: (request: AuthorizeRequest) => Promise<object>,
): (command: DriverCommand) => Promise<Answer>;
