/** Opcodes of RFC 6455. */
export const OPCODES = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** One frame from the server, never masked. The payload is only valid during the call. */
export type HandleFrame = (
  opcode: number,
  isFinal: boolean,
  buffer: Buffer,
  start: number,
  end: number,
) => void;

/** Splits a server's byte stream into frames. Frames that arrive complete are not copied. */
export class FrameReader {
  readonly #handle: HandleFrame;
  /** The received pieces of an incomplete frame. */
  #parts: Buffer[] = [];
  #size = 0;
  /** The number of bytes required before the frame is examined again. */
  #needed = 0;

  constructor(handle: HandleFrame) {
    this.#handle = handle;
  }

  /** Processes a chunk. The caller may reuse it afterwards. */
  read(chunk: Buffer): void {
    if (this.#size === 0) return this.#readFrames(chunk);
    this.#keep(chunk);
    if (this.#size < this.#needed) return undefined;
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return this.#readFrames(bytes);
  }

  #keep(bytes: Buffer): void {
    this.#parts.push(Buffer.from(bytes));
    this.#size += bytes.length;
  }

  #readFrames(bytes: Buffer): void {
    let at = 0;
    for (;;) {
      const end = this.#readFrame(bytes, at);
      if (end === undefined) break;
      at = end;
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at));
  }

  /** Passes on the frame at an index and returns its end; undefined if the frame is incomplete. */
  #readFrame(bytes: Buffer, at: number): number | undefined {
    const size = bytes.length - at;
    if (size < (this.#needed = 2)) return undefined;
    const first = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    if (length > 127) throw new Error('a server must not mask its frames');
    let headSize = 2;
    if (length >= 126) {
      headSize = length === 126 ? 4 : 10;
      if (size < (this.#needed = headSize)) return undefined;
      length = length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    }
    if (size < (this.#needed = headSize + length)) return undefined;
    const end = at + headSize + length;
    this.#handle(first & 0x0f, (first & 0x80) !== 0, bytes, at + headSize, end);
    return end;
  }
}

/** One masked frame, as clients must send. The mask is all zeros, so the payload is unchanged. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length > 0xffff) throw new Error('no client here sends so much at once');
  const head = Buffer.alloc(length < 126 ? 6 : 8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}
