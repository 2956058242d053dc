import type { Command } from './commands.js';
import type { Publication } from './publication.js';
import type { Reply } from './replies.js';

/** One message on a connection: text, or bytes, which a WebSocket sends as a binary frame. */
export type Frame = string | Uint8Array;

/**
 * Translates between frames and what they mean. Codecs are pure: equal arguments give equal frames,
 * for every session. How protocols differ besides is in `Protocol`. `F`: the form of its frames.
 */
export interface Codec<F extends Frame = Frame> {
  /** Short and unique: part of the topics that this codec's sessions join. */
  readonly name: string;
  /** The codec of a subscription's later publications, once its client has received one. */
  readonly next?: Codec<F>;
  /**
   * Decodes one client frame to commands. Bytes are valid during the call only. Throws
   * ProtocolError, and nothing else, if the whole frame is refused.
   */
  decode(frame: Frame): readonly Command[];
  /**
   * Encodes one publication. Called once for each, however many sessions receive it. `previous` is
   * the one before it, if that is still known; every session that uses this codec has received it.
   */
  encodePublication(channel: string, publication: Publication, previous?: Publication): F;
  /**
   * The frame of a reply or push; undefined if this protocol has none for it. An empty frame is not
   * sent.
   */
  encodeReply(reply: Reply): F | undefined;
  /**
   * Joins consecutive frames so that as few as possible result, none over `maxBytes`. A frame that is
   * longer already is not joined. Protocols with one message per frame return the frames as they are.
   */
  joinFrames(frames: readonly F[], maxBytes: number): readonly F[];
  /**
   * The client that does not receive a publication, because it sent it. Without this method, clients
   * receive their own publications.
   */
  findSender?(publication: Publication): string | undefined;
}
