import type { ProtocolError } from './errors.js';
import type { Publication } from './publication.js';

/** What a client can ask for, whatever wire it speaks. */
export type Command =
  | { readonly type: 'subscribe'; readonly channels: readonly string[] }
  | { readonly type: 'unsubscribe'; readonly channels: readonly string[] };

/** A client protocol as a pure codec: text in, commands out; publications in, text frames out. */
export interface Wire {
  /** Short and unique: it is part of the topics that this wire's sessions listen on. */
  readonly name: string;
  /** One client frame to commands. Throws ProtocolError; the connection then stays open. */
  decode(text: string): Command;
  /**
   * A channel's publications of one tick, in order, to the frames that carry them, in order.
   * Called once per channel and tick, however many sessions listen.
   */
  encode(publications: readonly Publication[]): string[];
  /** The frame that tells a client its command was refused. */
  encodeError(error: ProtocolError): string;
}
