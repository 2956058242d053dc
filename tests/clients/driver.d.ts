import type { Centrifuge, Options } from 'centrifuge';
import type { Answer, ClientEvent, DriverCommand } from './driven-client.js';

/**
 * Drives an unmodified Centrifuge client by commands, in a browser and in Node. `tell` is given what
 * the client tells; `surroundings` are the library's options for what Node lacks. `isBinary`: it is
 * the library's Protobuf build, whose data are bytes.
 */
export declare function drive(
  library: typeof Centrifuge,
  tell: (event: ClientEvent) => void,
  surroundings?: Partial<Pick<Options, 'websocket' | 'eventsource' | 'fetch' | 'readableStream'>>,
  isBinary?: boolean,
): (command: DriverCommand) => Promise<Answer>;
