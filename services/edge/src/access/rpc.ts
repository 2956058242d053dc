import type { JsonLine } from '@newswire/protocol';
import type { Origin } from '@newswire/transport';
import type { Credentials } from './access.js';

/** A client's `rpc` command for the backend. */
export interface RpcRequest {
  readonly client: string;
  readonly credentials: Credentials;
  readonly method: string;
  readonly data: JsonLine | undefined;
  /** For the rpc hook. */
  readonly origin?: Origin;
}

/**
 * Resolves with one line of JSON. Rejects with ProtocolError (104 for an unknown method), or with
 * AccessClosedError if the connection must close.
 */
export type RpcHandler = (request: RpcRequest) => Promise<JsonLine>;
