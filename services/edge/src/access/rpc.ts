import type { JsonLine } from '@newswire/protocol';
import type { Origin } from '@newswire/transport';
import type { Credentials } from './access.js';

/** What a client asks a backend by `rpc`. */
export interface RpcRequest {
  readonly client: string;
  readonly credentials: Credentials;
  readonly method: string;
  readonly data: JsonLine | undefined;
  /** For the rpc hook. */
  readonly origin?: Origin;
}

/**
 * Resolves with one line of JSON. Rejects with ProtocolError, error 104 for a method that it does
 * not have, and with AccessClosedError where the connection ends.
 */
export type RpcHandler = (request: RpcRequest) => Promise<JsonLine>;
